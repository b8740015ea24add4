import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

const NUMBER = /%(?:0(\d+))?d/;

/** True for a path whose last part has ffmpeg's placeholder for a number: `frames/%04d.png`. */
export function isSequencePattern(path: string): boolean {
  return NUMBER.test(basename(path));
}

/** A sequence of pictures. */
export interface ImageSequence {
  /** In the order of their numbers, up to the first gap, where ffmpeg would stop too. */
  readonly files: readonly string[];
  /** The number of files after the gap. */
  readonly leftOut: number;
}

/** Finds the files of a sequence. */
export async function findSequence(pattern: string): Promise<ImageSequence> {
  const folder = dirname(pattern);
  const [before, , after] = split(basename(pattern));
  const names = await readdir(folder).catch(() => []);
  const numbered = names
    .filter((name) => name.startsWith(before) && name.endsWith(after))
    .map((name) => sequenceNumber(pattern, name))
    .filter((number) => number !== undefined)
    .sort((left, right) => left - right);
  const whole = numbered.filter((number, index) => number === numbered[0]! + index);
  const files = whole.map((number) => join(folder, sequenceName(pattern, number)));
  return { files, leftOut: numbered.length - whole.length };
}

/** The input options of ffmpeg for a sequence, which looks for a first number only up to 4. Empty for other inputs. */
export function sequenceOptions({
  path,
  files,
}: {
  readonly path: string;
  readonly files?: readonly string[];
}): readonly string[] {
  const [first] = files ?? [];
  return first === undefined ? [] : ['-start_number', String(sequenceNumber(path, first))];
}

/** The number of a file in its sequence; undefined if it is not in it. */
function sequenceNumber(pattern: string, path: string): number | undefined {
  const [before, , after] = split(basename(pattern));
  const name = basename(path);
  const digits = name.slice(before.length, name.length - after.length);
  return /^\d+$/.test(digits) && sequenceName(pattern, Number(digits)) === name ? Number(digits) : undefined;
}

function sequenceName(pattern: string, number: number): string {
  const [before, digits, after] = split(basename(pattern));
  return `${before}${String(number).padStart(digits, '0')}${after}`;
}

function split(name: string): readonly [before: string, digits: number, after: string] {
  const { index, 0: place, 1: digits = '1' } = NUMBER.exec(name)!;
  return [name.slice(0, index), Number(digits), name.slice(index + place.length)];
}
