import { existsSync } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { glob, isDynamicPattern } from 'tinyglobby';
import { Failure } from '../../model/failure.js';
import { findSequence, isSequencePattern } from './image-sequence.js';
import { NOTES_FOLDER } from './notes-folder.js';

/** One input: a video, a picture, a numbered sequence of pictures, or standard input. */
export interface RunInput {
  readonly kind: 'video' | 'image' | 'sequence' | 'stdin';
  /** An absolute path; the pattern of a sequence; `-` for standard input. */
  readonly path: string;
  /** The base name of the outputs, without an extension: `dash`, or `monday/dash` for a file found in a folder. */
  readonly stem: string;
  /** The files of a sequence, in order. */
  readonly files?: readonly string[];
  /** A note about it, for people to read. */
  readonly note?: string;
  /** Why it cannot be processed; other inputs still are. */
  readonly failure?: Failure;
}

/** The inputs found for the arguments of `run`. */
export interface FoundInputs {
  readonly inputs: readonly RunInput[];
  /** True where outputs go into a folder: several arguments, a folder or a glob, even if just one file was found. */
  readonly many: boolean;
  /** Files that are no inputs because earlier runs wrote them. */
  readonly leftOut: readonly string[];
  /** Subfolders of named folders that were not searched. */
  readonly passedOver: readonly string[];
  /** Files in named folders whose names are those of neither videos nor pictures. */
  readonly unknown: readonly string[];
}

const VIDEO_EXTENSIONS = new Set(
  '.3gp .asf .avi .dav .flv .gif .h264 .h265 .hevc .insv .lrv .m2ts .m4v .mkv .mov .mp4 .mpeg .mpg .mts .mxf .ogv .ts .vob .webm .wmv .y4m'.split(
    ' ',
  ),
);
const IMAGE_EXTENSIONS = new Set('.bmp .jpeg .jpg .png .ppm .tif .tiff .webp'.split(' '));

/** True for a path with the extension of a still picture. */
function isImagePath(path: string): boolean {
  return IMAGE_EXTENSIONS.has(extname(path).toLowerCase());
}

/**
 * Finds the inputs for arguments: files (with any extension, since ffmpeg decides), folders (videos and pictures by extension,
 * in natural order, without hidden files), globs, sequences (`%04d.png`) and `-`. Each file is taken once. An argument that
 * cannot be found becomes an input with a `failure`, so that the others are processed.
 *
 * @param isOutput True for a file that an earlier run wrote. Such files are left out unless the only argument names one, so
 * that `run *.mp4` can be repeated.
 */
export async function findInputs(
  args: readonly string[],
  { recursive, isOutput }: { readonly recursive: boolean; readonly isOutput?: (path: string) => Promise<boolean> },
): Promise<FoundInputs> {
  const found = await Promise.all(args.map((arg) => expand(arg, recursive)));
  const unique = new Map<string, RunInput>();
  for (const input of found.flatMap(({ inputs }) => inputs)) if (!unique.has(input.path)) unique.set(input.path, input);
  const all = [...unique.values()];
  const many = args.length > 1 || found.some((one) => one.many);
  const passedOver = found.flatMap((one) => one.passedOver ?? []);
  const unknown = found.flatMap((one) => one.unknown ?? []);
  if (!many || isOutput === undefined) return { inputs: all, many, leftOut: [], passedOver, unknown };
  const paths = [...all.map(({ path }) => path), ...unknown];
  const areMade = await Promise.all(paths.map(isOutput));
  const made = new Set(paths.filter((_, index) => areMade[index]));
  return {
    inputs: all.filter(({ path }) => !made.has(path)),
    many,
    leftOut: all.map(({ path }) => path).filter((path) => made.has(path)),
    // Folders with notes of outputs were made by earlier runs.
    passedOver: passedOver.filter((folder) => !existsSync(join(folder, NOTES_FOLDER))),
    unknown: unknown.filter((path) => !made.has(path)),
  };
}

/** The contents of a folder. */
type FolderContents = Pick<FoundInputs, 'inputs' | 'passedOver' | 'unknown'>;

type Expanded = Pick<FoundInputs, 'inputs' | 'many'> & Partial<FolderContents>;

async function expand(arg: string, recursive: boolean): Promise<Expanded> {
  const one = (input: RunInput) => ({ inputs: [input], many: false });
  const none = (message: string) => [
    { ...fileInput(arg, basename(arg)), failure: new Failure('INPUT_MISSING', message) },
  ];
  if (arg === '-') return one({ kind: 'stdin', path: '-', stem: 'stdin' });
  let reason: NodeJS.ErrnoException | undefined;
  const kind = await stat(arg).catch((error: NodeJS.ErrnoException) => {
    reason = error;
    return undefined;
  });
  if (kind?.isDirectory()) {
    const contents = await lookInto(arg, recursive);
    if (contents.inputs.length > 0) return { ...contents, many: true };
    const hint = recursive ? '' : ' (--recursive looks into its folders too)';
    return { inputs: none(`Expected videos or pictures in the folder ${arg}, found none${hint}`), many: true };
  }
  if (kind?.isFIFO()) {
    const failure = new Failure('INPUT_NOT_VIDEO', `${arg} is a pipe: give it on standard input, as \`-\``);
    return one({ ...fileInput(arg, basename(arg)), failure });
  }
  if (kind !== undefined) return one(fileInput(arg, basename(arg)));
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(arg)) {
    const scheme = arg.slice(0, arg.indexOf(':'));
    const message = `Expected a file, got a ${scheme} address: \`segnet-stream serve\` is for streams`;
    return one({ ...fileInput(scheme, scheme), failure: new Failure('INPUT_INVALID', message) });
  }
  if (isSequencePattern(arg)) return one(await sequenceInput(arg));
  if (!isDynamicPattern(arg)) {
    return one({ ...fileInput(arg, basename(arg)), failure: missing(arg, reason?.code) });
  }
  const matches = (
    await glob(arg.replaceAll('\\', '/'), { absolute: true, onlyFiles: true, expandDirectories: false })
  ).sort(naturally);
  // Of nothing no output is made, wherever it was to go.
  if (matches.length === 0) return { inputs: none(`Expected files that match ${arg}, found none`), many: false };
  return { inputs: matches.map((path) => fileInput(path, basename(path))), many: true };
}

/** The failure for a missing path, or for a folder on the way without permission. */
function missing(path: string, code: string | undefined): Failure {
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return new Failure('INPUT_MISSING', `No such file: ${path || '(no name)'}`);
  return new Failure('INPUT_UNREADABLE', `Input ${path} cannot be read (${code})`);
}

function fileInput(path: string, name: string): RunInput {
  const stem = name.slice(0, name.length - extname(name).length);
  return { kind: isImagePath(path) ? 'image' : 'video', path: resolve(path), stem };
}

/**
 * The videos and pictures in a folder; an unreadable folder becomes one input with a failure. Links to folders are followed
 * last and never to a folder that was already searched, since they may be circular.
 */
async function lookInto(folder: string, recursive: boolean): Promise<FolderContents> {
  const inputs: RunInput[] = [];
  const passedOver: string[] = [];
  const unknown: string[] = [];
  const visited = new Set<string>();
  const links: string[] = [];
  const visit = async (below: string): Promise<void> => {
    const path = join(folder, below);
    const own = await realpath(path).catch(() => path);
    if (visited.has(own)) return;
    visited.add(own);
    const entries = await readdir(path, { withFileTypes: true }).catch(({ code }: NodeJS.ErrnoException) => {
      const failure = new Failure('INPUT_UNREADABLE', `The folder ${path} cannot be read (${code})`);
      inputs.push({ ...fileInput(path, below || basename(path)), failure });
      return [];
    });
    for (const entry of entries) {
      if (entry.name.startsWith('.')) continue;
      const name = below === '' ? entry.name : `${below}/${entry.name}`;
      const kind = entry.isSymbolicLink() ? await stat(join(folder, name)).catch(() => undefined) : entry;
      if (kind?.isDirectory()) {
        if (!recursive) passedOver.push(join(folder, name));
        else if (entry.isSymbolicLink()) links.push(name);
        else await visit(name);
      } else if (kind?.isFile() && (VIDEO_EXTENSIONS.has(extname(name).toLowerCase()) || isImagePath(name))) {
        inputs.push(fileInput(join(folder, name), name));
      } else unknown.push(join(folder, name));
    }
  };
  await visit('');
  for (let link = links.shift(); link !== undefined; link = links.shift()) await visit(link);
  return {
    inputs: inputs.sort((left, right) => naturally(left.path, right.path)),
    passedOver: passedOver.sort(naturally),
    unknown: unknown.sort(naturally),
  };
}

async function sequenceInput(pattern: string): Promise<RunInput> {
  const { files, leftOut } = await findSequence(resolve(pattern));
  const name = basename(pattern).replace(/[._-]*%0?\d*d.*$/, '') || basename(dirname(resolve(pattern)));
  const note = `The numbers have a gap behind ${basename(files.at(-1) ?? '')}: ${leftOut} more behind it are left out`;
  const path = resolve(pattern);
  const input: RunInput = { kind: 'sequence', path, stem: name, files, ...(leftOut > 0 && { note }) };
  if (files.length > 0) return input;
  return { ...input, failure: new Failure('INPUT_MISSING', `Expected pictures that match ${pattern}, found none`) };
}

const collator = new Intl.Collator('en', { numeric: true });

/** Compares names in natural order, `clip2` before `clip10`, identically on every machine. */
export function naturally(left: string, right: string): number {
  return collator.compare(left, right) || (left < right ? -1 : Number(left > right));
}
