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
import type { SummaryNote } from './summary.js';

/** What decides how an output looks: when all of it is the same, doing it again would change nothing. */
export interface MadeFrom {
  /** Identity of the input: sizes, modification times, and a hash of its beginning and end. */
  readonly input: Readonly<Record<string, unknown>>;
  /** SHA-256 of the weights file. */
  readonly weights: string;
  /** The options that change the output, with their defaults filled in. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** What is noted beside an output, in `.segnet-stream/NAME.json`: by it a second run knows that it may skip. */
interface OutputNote {
  readonly format: 1;
  readonly madeFrom: MadeFrom;
  /** The input's path; absent in notes from before it was kept. */
  readonly of?: string;
  /** False from the beginning of the work to its end: an output that was cut short is done again. */
  readonly finished: boolean;
  /** Bytes of a file, number of files in a folder, when it was finished: one that was edited since is not ours any more. */
  readonly extent: number;
  /** What people were told of it: damage of the input, say. A second run tells it again. */
  readonly told?: readonly (SummaryNote | string)[];
}

const EDGE_BYTES = 1 << 20;

/**
 * What tells an input from a changed one without reading all of it: size, modification time and a hash of its first and
 * last MiB; for a sequence the sizes and times of its files. Undefined for standard input, which cannot be known again.
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
  // Where a folder was read, bytes that are no UTF-8 became this character, and the name is of no file.
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
 * What was told when the outputs were made, where every one of them is there, finished, unchanged since, and made from exactly
 * this; undefined otherwise.
 */
export async function upToDate(
  outputs: readonly string[],
  madeFrom: MadeFrom,
): Promise<{ readonly told: readonly SummaryNote[] } | undefined> {
  const notes = await Promise.all(
    outputs.map(async (output) => {
      const [note, extent] = [await readNote(output), await extentOf(output)];
      const isSame = note?.finished === true && note.extent === extent && isDeepStrictEqual(note.madeFrom, madeFrom);
      return isSame ? note : undefined;
    }),
  );
  if (notes.includes(undefined)) return undefined;
  // Earlier versions noted the message alone.
  const told = (notes[0]?.told ?? []).map((note) =>
    typeof note === 'string' ? { code: 'NOTED', message: note } : note,
  );
  return { told };
}

/** True for a path that an earlier run wrote, for the part that it left of one, and for a mask in a folder of them. */
export async function isOutputOrPart(path: string): Promise<boolean> {
  const whole = outputOfPart(path);
  if (isMaskName(basename(path)) && (await readNote(dirname(path))) !== undefined) return true;
  return (await isOutput(path)) || (whole !== undefined && (await readNote(whole)) !== undefined);
}

/** True for a path that an earlier run wrote, whether it got to its end or not. */
export async function isOutput(path: string): Promise<boolean> {
  return isOurs(await readNote(path), await extentOf(path));
}

/** Where a note stands for what is there now. */
function isOurs(note: OutputNote | undefined, extent: number | undefined): note is OutputNote {
  return note !== undefined && (!note.finished || note.extent === extent);
}

/**
 * Makes sure that what stands where outputs are due may be replaced: an earlier run wrote it, of this input.
 *
 * @param path The input's.
 * @param input Its identity: one that was moved is the same.
 * @throws `Failure` `OUTPUT_EXISTS` for anything else.
 */
export async function checkReplaceable(
  outputs: readonly string[],
  path: string,
  input: MadeFrom['input'] | undefined,
): Promise<void> {
  for (const output of outputs) {
    const extent = await extentOf(output);
    if (extent === undefined) continue;
    const note = await readNote(output);
    if (isOurs(note, extent)) {
      const { of, finished, madeFrom } = note;
      // One that was not finished is done again, whatever it was.
      if (of === undefined || of === path || !finished || isDeepStrictEqual(madeFrom.input, input)) continue;
      const message = `${output} was made of another input, ${of}: choose another name, or replace it with --overwrite`;
      throw new Failure('OUTPUT_EXISTS', message);
    }
    if (extent === 0 && (await stat(output)).isDirectory()) continue;
    const why = note === undefined ? 'was not made by segnet-stream' : 'is not as it was when segnet-stream made it';
    const message = `${output} exists already and ${why}: choose another name, or replace it with --overwrite`;
    throw new Failure('OUTPUT_EXISTS', message);
  }
}

/**
 * Notes, beside each output, what it is being made from (`finished` false) or has been made from (true).
 *
 * @throws `Failure` `OUTPUT_UNWRITABLE`, `OUTPUT_DISK_FULL`.
 */
export async function noteOutputs(
  outputs: readonly string[],
  what: Pick<OutputNote, 'madeFrom' | 'of' | 'finished' | 'told'>,
): Promise<void> {
  for (const output of outputs) {
    const path = await notePathOf(output);
    const note: OutputNote = { format: 1, told: [], ...what, extent: (await extentOf(output)) ?? 0 };
    await makeFolder(dirname(path)).catch((error: unknown) => {
      throw outputFailure('the note on', output, error);
    });
    await writeWhole(path, 'the note', [`${JSON.stringify(note, null, 2)}\n`]);
  }
}

/**
 * Takes back the notes of outputs that never came to be. Those of which a part is left stay noted: by that it is known for none
 * of the inputs of another run.
 *
 * @param made Folders that this run has made; they go where nothing is in them.
 * @param isAbandoned Parts are just being removed.
 */
export async function forgetMissing(
  outputs: readonly string[],
  { made = [], isAbandoned = false }: { readonly made?: readonly string[]; readonly isAbandoned?: boolean } = {},
): Promise<void> {
  for (const output of outputs) {
    const kind = await stat(output).catch(() => undefined);
    const isEmpty = kind?.isDirectory() && (await extentOf(output)) === 0;
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
    // Without a note, or with one that is not whole, an output counts as not ours: nothing is lost.
    return undefined;
  }
}

/** Beside a file, inside a folder: the note goes where its output goes. */
async function notePathOf(output: string): Promise<string> {
  const kind = await stat(output).catch(() => undefined);
  if (kind?.isDirectory()) return join(output, '.segnet-stream', 'folder.json');
  return join(dirname(output), '.segnet-stream', `${basename(output)}.json`);
}

/** Bytes of a file, number of files in a folder (hidden ones left out); undefined where nothing is. */
async function extentOf(path: string): Promise<number | undefined> {
  const kind = await stat(path).catch(() => undefined);
  if (!kind?.isDirectory()) return kind?.size;
  return (await readdir(path)).filter((name) => !name.startsWith('.')).length;
}
