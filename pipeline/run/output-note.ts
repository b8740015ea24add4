import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { open, readdir, readFile, rm, rmdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { Failure, outputFailure } from '../../model/failure.js';
import { writeWhole } from '../../model/write-whole.js';
import { makeFolder } from '../../operators/make-folder.js';
import { outputOfPart, partOf, wholeOf } from '../../operators/part-files.js';
import { isMaskName } from '../../operators/write-masks.js';
import type { RunInput } from './find-inputs.js';
import { NOTES_FOLDER } from './notes-folder.js';
import type { SummaryNote } from './summary.js';

/** Everything that determines an output. If it is unchanged, making the output again would change nothing. */
export interface MadeFrom {
  /** Identity of the input: size, modification time, and a hash of its beginning and end. */
  readonly input: Readonly<Record<string, unknown>>;
  /** SHA-256 of the weights file. */
  readonly weights: string;
  /** The options that change the output, with their defaults filled in. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** The note on an output, `.segnet-stream/NAME.json`, by which a second run recognises that it can be skipped. */
interface OutputNote {
  readonly format: 1;
  readonly madeFrom: MadeFrom;
  /** The input's path. */
  readonly of: string;
  /** False until the work is done, so that an interrupted output is made again. */
  readonly finished: boolean;
  /** The size of a finished file in bytes, or the number of masks in a finished folder. */
  readonly size: number;
  /** Notes for people to read, such as damage of the input. A run that skips the output reports them again. */
  readonly notes: readonly SummaryNote[];
}

const EDGE_BYTES = 1 << 20;

/**
 * Identifies an input without reading all of it: by size, modification time and a hash of its first and last MiB, or by the
 * sizes and times of a sequence's files. Undefined for standard input, which cannot be recognised.
 *
 * @throws `Failure` `INPUT_UNREADABLE`.
 */
export async function identify(input: RunInput): Promise<MadeFrom['input'] | undefined> {
  if (input.kind === 'stdin') return undefined;
  if (input.files !== undefined) {
    const hash = createHash('sha256');
    for (const file of input.files) {
      const { size, mtimeMs } = await stat(file).catch((error: unknown) => unreadable(file, error));
      hash.update(`${basename(file)} ${size} ${mtimeMs}\n`);
    }
    return { files: input.files.length, listing: hash.digest('hex') };
  }
  const file = await open(input.path, 'r').catch((error: unknown) => unreadable(input.path, error));
  try {
    const { size, mtimeMs } = await file.stat();
    const hash = createHash('sha256');
    for (const position of [0, Math.max(size - EDGE_BYTES, 0)]) {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(Math.min(EDGE_BYTES, size)), { position });
      hash.update(buffer.subarray(0, bytesRead));
    }
    return { bytes: size, modifiedMs: mtimeMs, edges: hash.digest('hex') };
  } finally {
    await file.close();
  }
}

function unreadable(path: string, error: unknown): never {
  // When a folder is read, bytes that are not UTF-8 become this character, and no file has the resulting name.
  const { code } = error as NodeJS.ErrnoException;
  const reason = code === 'ENOENT' && path.includes('\uFFFD') ? 'its name is not UTF-8: give it another' : code;
  throw new Failure('INPUT_UNREADABLE', `Input ${path} cannot be read (${reason})`, { cause: error });
}

/** SHA-256 of a whole file, in hexadecimal. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/**
 * The notes on the outputs if all of them exist, are finished and unchanged, and were made from exactly this; otherwise
 * undefined.
 */
export async function upToDate(
  outputs: readonly string[],
  madeFrom: MadeFrom,
): Promise<Pick<OutputNote, 'notes'> | undefined> {
  const found = await Promise.all(
    outputs.map(async (output) => {
      const [note, size] = [await readNote(output), await sizeOf(output)];
      const isSame = note?.finished === true && note.size === size && isDeepStrictEqual(note.madeFrom, madeFrom);
      return isSame ? note : undefined;
    }),
  );
  return found.includes(undefined) ? undefined : { notes: found[0]?.notes ?? [] };
}

/** True for a path that an earlier run wrote, for a partial file that it left, and for a mask in its folder of masks. */
export async function isOutputOrPart(path: string): Promise<boolean> {
  const whole = outputOfPart(path);
  if (isMaskName(basename(path)) && (await readNote(dirname(path))) !== undefined) return true;
  return (await isOutput(path)) || (whole !== undefined && (await readNote(whole)) !== undefined);
}

/** True for a path that an earlier run wrote, finished or not. */
export async function isOutput(path: string): Promise<boolean> {
  const note = await readNote(path);
  return note !== undefined && (await isOurs(path, note));
}

/** Times of some file systems are in steps of two seconds. */
const TIME_STEP_MS = 2000;

/**
 * True if what is there is what the note tells of, so that making it again loses nothing: of a folder, masks may be missing, but
 * none may have been added or changed.
 */
async function isOurs(path: string, note: OutputNote): Promise<boolean> {
  const size = await sizeOf(path);
  if (size === undefined) return false;
  if (!note.finished) return true;
  if (!(await stat(path)).isDirectory()) return size === note.size;
  const { mtimeMs } = await stat(await notePathOf(path));
  const masks = await Promise.all((await masksIn(path)).map((name) => stat(join(path, name)).catch(() => undefined)));
  return size <= note.size && masks.every((mask) => (mask?.mtimeMs ?? 0) <= mtimeMs + TIME_STEP_MS);
}

/**
 * Checks that existing outputs may be replaced because an earlier run made them from this input.
 *
 * @param path The input's path.
 * @param input The input's identity, by which a moved input is recognised.
 * @throws `Failure` `OUTPUT_EXISTS` for anything else.
 */
export async function checkReplaceable(
  outputs: readonly string[],
  path: string,
  input: MadeFrom['input'] | undefined,
): Promise<void> {
  for (const output of outputs) {
    const size = await sizeOf(output);
    if (size === undefined) continue;
    const note = await readNote(output);
    if (note !== undefined && (await isOurs(output, note))) {
      const { of, finished, madeFrom } = note;
      // An unfinished output is made again, whatever its input was.
      if (of === path || !finished || isDeepStrictEqual(madeFrom.input, input)) continue;
      const message = `${output} was made of another input, ${of}: choose another name, or replace it with --overwrite`;
      throw new Failure('OUTPUT_EXISTS', message);
    }
    if (await isEmptyFolder(output)) continue;
    const why =
      path === '-'
        ? 'cannot be known to be of this standard input'
        : note === undefined
          ? 'was not made by segnet-stream'
          : 'is not as it was when segnet-stream made it';
    const message = `${output} exists already and ${why}: choose another name, or replace it with --overwrite`;
    throw new Failure('OUTPUT_EXISTS', message);
  }
}

/**
 * Writes a note beside each output on what it is being made from (`finished` false) or was made from (true).
 *
 * @throws `Failure` `OUTPUT_UNWRITABLE`, `OUTPUT_DISK_FULL`.
 */
export async function noteOutputs(
  outputs: readonly string[],
  what: Pick<OutputNote, 'madeFrom' | 'of' | 'finished'> & Partial<Pick<OutputNote, 'notes'>>,
): Promise<void> {
  for (const output of outputs) {
    const path = await notePathOf(output);
    const note: OutputNote = { format: 1, notes: [], ...what, size: (await sizeOf(output)) ?? 0 };
    await makeFolder(dirname(path)).catch((error: unknown) => {
      throw outputFailure('the note on', output, error);
    });
    await writeWhole(path, 'the note', [`${JSON.stringify(note, null, 2)}\n`]);
  }
}

/**
 * Removes the notes on outputs that were never made. Notes on outputs with a partial file stay, so that another run does not
 * take that file for an input.
 *
 * @param made Folders that this run created, which are removed if empty.
 * @param isAbandoned True if partial files are being removed.
 */
export async function forgetMissing(
  outputs: readonly string[],
  { made = [], isAbandoned = false }: { readonly made?: readonly string[]; readonly isAbandoned?: boolean } = {},
): Promise<void> {
  for (const output of outputs) {
    const kind = await stat(output).catch(() => undefined);
    const isEmpty = kind?.isDirectory() && (await isEmptyFolder(output));
    if (kind !== undefined && !(isEmpty && made.includes(output))) continue;
    if (kind === undefined && !isAbandoned && [partOf(output), wholeOf(output)].some((part) => existsSync(part)))
      continue;
    const path = await notePathOf(output);
    await rm(path, { force: true });
    await rmdir(dirname(path)).catch(() => {});
    if (kind !== undefined) await rmdir(output).catch(() => {});
  }
}

async function readNote(output: string): Promise<OutputNote | undefined> {
  try {
    const note = JSON.parse(await readFile(await notePathOf(output), 'utf8')) as OutputNote;
    return note.format === 1 ? note : undefined;
  } catch {
    // An output with a missing or damaged note counts as someone else's, so that nothing is lost.
    return undefined;
  }
}

/** The note is beside a file but inside a folder, so that it moves with its output. */
async function notePathOf(output: string): Promise<string> {
  const kind = await stat(output).catch(() => undefined);
  if (kind?.isDirectory()) return join(output, NOTES_FOLDER, 'folder.json');
  return join(dirname(output), NOTES_FOLDER, `${basename(output)}.json`);
}

/** What file managers put into folders: hidden files, and those of Windows. */
const OF_FILE_MANAGERS = /^(?:\..*|thumbs\.db|desktop\.ini)$/i;

/** The bytes of a file, or the number of masks in a folder; undefined if nothing is there. */
async function sizeOf(path: string): Promise<number | undefined> {
  const kind = await stat(path).catch(() => undefined);
  return kind?.isDirectory() ? (await masksIn(path)).length : kind?.size;
}

async function masksIn(folder: string): Promise<readonly string[]> {
  return (await readdir(folder).catch(() => [])).filter(isMaskName);
}

/** True for a folder without files, but for those of file managers. */
async function isEmptyFolder(path: string): Promise<boolean> {
  const names = await readdir(path).catch(() => undefined);
  return names?.every((name) => OF_FILE_MANAGERS.test(name)) ?? false;
}
