import { realpathSync, statSync } from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { listChoices, optionInvalid } from '../../model/check-option.js';
import { Failure } from '../../model/failure.js';
import type { Visualize } from '../../operators/paint-picture.js';
import { partOf, wholeOf } from '../../operators/part-files.js';
import { PICTURE_ENDINGS } from '../../operators/write-picture.js';
import type { FoundInputs, RunInput } from './find-inputs.js';

/** What the encoded picture shows; `none` encodes nothing. */
export type Visualisation = Visualize | 'none';

/** Where outputs are asked to go. */
export interface OutputRequest {
  readonly visualize: Visualisation;
  /** A file for one input, a folder for many. Without one, the working folder. */
  readonly output?: string | undefined;
  readonly masks?: string | undefined;
  readonly maskVideo?: string | undefined;
  readonly frames?: string | undefined;
  /** What options are called in messages. */
  readonly nameOf: (option: string) => string;
}

/** Where the outputs of one input go: absolute paths, of those that are asked for. */
export type OutputPaths = {
  /** The overlay: a video, or a picture where the input is one. */
  readonly output?: string;
  /** A folder of indexed PNGs; where the input is a picture, one such file. */
  readonly masks?: string;
  readonly maskVideo?: string;
  /** JSON lines. */
  readonly frames?: string;
};

const VIDEO_CONTAINERS = ['.mp4', '.m4v', '.mov', '.mkv'];

/**
 * Names the outputs of every input, no two alike: `NAME-overlay.mp4` in the output folder, with the folders above the
 * input before it, and its extension behind NAME, only where names would be equal otherwise.
 *
 * @throws `Failure` `OPTION_INVALID` where a file is given for several inputs or outputs, or its format cannot be written,
 * `OUTPUT_IS_INPUT` where the output of a lone input would replace it.
 */
export function nameOutputs(
  { inputs, many }: Pick<FoundInputs, 'inputs' | 'many'>,
  request: OutputRequest,
): readonly OutputPaths[] {
  const { output, masks, maskVideo, frames, nameOf } = request;
  for (const [option, value] of Object.entries({ output, masks, maskVideo, frames })) {
    if (value === '-')
      throw optionInvalid(nameOf(option), 'a file or a folder (nothing is written to standard output)', value);
  }
  const stems = distinctStems(inputs);
  const outputs = inputs.map((input, index) => outputsOf(input, stems[index]!, many, request));
  const sources = sourcesOf(inputs);
  const failure = many ? undefined : outputs.map((paths) => replacedInput(paths, sources)).find(Boolean);
  if (failure !== undefined) throw failure;
  const named = new Set<string>();
  for (const path of outputs.flatMap((paths) => Object.values(paths) as string[])) {
    if (named.has(path))
      throw new Failure('OPTION_INVALID', `Expected every output to have a name of its own, got ${path} for two`);
    named.add(path);
  }
  return outputs;
}

/** The files that are read, whatever paths lead to them. */
export function sourcesOf(inputs: readonly RunInput[]): ReadonlySet<string> {
  return new Set(inputs.map(({ path }) => followLinks(path)));
}

/** A path without symbolic links, as far as it exists. */
function followLinks(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return dirname(path) === path ? path : join(followLinks(dirname(path)), basename(path));
  }
}

/** The failure `OUTPUT_IS_INPUT` where one of the outputs would replace one of the `sources`, at the end or while it is written. */
export function replacedInput(outputs: OutputPaths, sources: ReadonlySet<string>): Failure | undefined {
  for (const path of Object.values(outputs)) {
    const replaced = [path, partOf(path), wholeOf(path)].find((each) => sources.has(followLinks(each)));
    if (replaced === undefined) continue;
    const meanwhile = replaced === path ? '' : ` while it is written, as ${replaced}`;
    return new Failure(
      'OUTPUT_IS_INPUT',
      `The output ${path} would replace an input of that name${meanwhile}: is it one of an earlier run whose notes are gone? Move it away, or choose another place for the output`,
    );
  }
  return undefined;
}

function outputsOf(input: RunInput, stem: string, many: boolean, request: OutputRequest): OutputPaths {
  const { visualize, output, masks, maskVideo, frames, nameOf } = request;
  const place = (option: string, value: string, name: string, extensions: readonly string[]) => {
    const asked = extname(value).toLowerCase();
    if (asked === '' || /[\\/]$/.test(value) || isFolder(value)) return resolve(value, name);
    if (many && !KNOWN_FILES.has(asked)) return resolve(value, name);
    if (many) throw optionInvalid(nameOf(option), 'a folder for several inputs', value);
    if (extensions.includes(asked)) return resolve(value);
    throw optionInvalid(nameOf(option), `a folder or a ${listChoices(extensions)} file`, value);
  };
  const picture = input.kind === 'image';
  const asIs = extname(input.path).toLowerCase();
  const extension = picture ? (PICTURE_ENDINGS.includes(asIs) ? asIs : '.png') : '.mp4';
  const formats = picture ? PICTURE_ENDINGS : VIDEO_CONTAINERS;
  return {
    ...(visualize !== 'none' && {
      output: place('output', output ?? '.', `${stem}-${visualize.replace(',', '-')}${extension}`, formats),
    }),
    ...(masks !== undefined && { masks: picture ? maskOf(masks, stem, many) : resolve(masks, many ? stem : '.') }),
    ...(maskVideo !== undefined && { maskVideo: place('maskVideo', maskVideo, `${stem}-classes.mkv`, ['.mkv']) }),
    ...(frames !== undefined && { frames: place('frames', frames, `${stem}.jsonl`, ['.jsonl', '.ndjson']) }),
  };
}

/** The mask of a picture: the file that is named, else one of the picture's name in the folder. */
function maskOf(masks: string, stem: string, many: boolean): string {
  const isFile = !many && extname(masks).toLowerCase() === '.png' && !isFolder(masks);
  return isFile ? resolve(masks) : resolve(masks, `${stem}.png`);
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    // Not there, or beneath something that is no folder: whoever writes to it will say so.
    return false;
  }
}

/** What looks like a file, and not like a folder that does not exist yet. */
const KNOWN_FILES = new Set([
  ...VIDEO_CONTAINERS,
  ...PICTURE_ENDINGS,
  '.jsonl',
  '.ndjson',
  '.avi',
  '.webm',
  '.json',
  '.gif',
]);

/**
 * The stems of the inputs, made distinct, on file systems that do not tell upper from lower case as well: `x.mp4` beside
 * `x.mov` keep their extensions, equal names from several folders take as many folders before them as it needs.
 */
export function distinctStems(inputs: readonly RunInput[]): readonly string[] {
  const twins = clashing(inputs.map(({ path }) => path.slice(0, path.length - extname(path).length)));
  const numbers = numbersAmongCases(inputs.map(({ path }) => path));
  const bases = inputs.map(
    ({ path, stem }, index) => (twins.has(index) ? stem + extname(path) : stem) + (numbers.get(path) ?? ''),
  );
  const above = inputs.map(({ path, stem }) => foldersAbove(path, stem));
  const depths = inputs.map(() => 0);
  for (;;) {
    const stems = bases.map((base, i) => [...above[i]!.slice(above[i]!.length - depths[i]!), base].join('/'));
    const clashes = clashing(stems);
    const deepened = [...clashes].filter((index) => depths[index]! < above[index]!.length);
    // Whole paths that still clash are on different drives.
    if (deepened.length === 0) return stems.map((stem, index) => (clashes.has(index) ? `${stem}-${index + 1}` : stem));
    for (const index of deepened) depths[index]! += 1;
  }
}

/** `-1`, `-2` for paths that differ only in case, by path, whatever other paths there are. */
function numbersAmongCases(paths: readonly string[]): ReadonlyMap<string, string> {
  const groups = new Map<string, string[]>();
  for (const path of paths) groups.set(path.toLowerCase(), [...(groups.get(path.toLowerCase()) ?? []), path]);
  const alike = [...groups.values()].filter((group) => group.length > 1);
  return new Map(alike.flatMap((group) => group.sort().map((path, index) => [path, `-${index + 1}`] as const)));
}

/** The indices of names that are not the only ones of their kind. */
function clashing(names: readonly string[]): ReadonlySet<number> {
  const count = new Map<string, number>();
  for (const name of names) count.set(name.toLowerCase(), (count.get(name.toLowerCase()) ?? 0) + 1);
  return new Set([...names.keys()].filter((index) => count.get(names[index]!.toLowerCase())! > 1));
}

function foldersAbove(path: string, stem: string): readonly string[] {
  const folders = dirname(path)
    .split(/[\\/]/)
    .filter((part) => part !== '' && !part.endsWith(':'));
  return folders.slice(0, folders.length - (stem.split('/').length - 1));
}
