import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join, parse } from 'node:path';
import { outputOfPart, partOf } from '../../operators/part-files.js';

/** The file of one of several sources: `drive.mp4` and `front` make `drive-front.mp4`. */
export function recordingPath(path: string, source: string, sources: number): string {
  if (sources === 1) return path;
  const { dir, name, ext } = parse(path);
  return join(dir, `${name}-${source.replaceAll(/[^\p{L}\p{N}._-]+/gu, '-')}${ext}`);
}

/**
 * The file after all that are there, are being written or were begun: `OUT.mp4`, `OUT-2.mp4`, ... Its number is one above the highest,
 * so that numbers stay in the order of time when old files go.
 *
 * @param others The first files of other sources, `front-2`'s beside `front`'s: their names are theirs.
 */
export function nextRecording(path: string, taken: ReadonlySet<string>, others: readonly string[] = []): string {
  const { base, name, ext } = parse(path);
  const folder = dirname(path);
  const bases = new Set([base]);
  let number = 0;
  for (const file of [...namesIn(folder), ...taken]) {
    for (const place of placesOf(basename(outputOfPart(file) ?? file), bases)) number = Math.max(number, place.number);
  }
  for (;;) {
    number += 1;
    const file = join(folder, number === 1 ? base : `${name}-${number}${ext}`);
    if (others.includes(file)) continue;
    // A folder that cannot be listed, and names that differ in case alone.
    if (!taken.has(file) && !existsSync(file) && !existsSync(partOf(file))) return file;
  }
}

/**
 * Which of the recordings `bases` a name is, and the how many-th: `OUT.mp4` is the first of it, `OUT-3.mp4` the third, `OUT-03.mp4`
 * none, nor is `OUT-20261128.mp4`: a file an hour makes six digits in a hundred years. A name may be that of two sources, `front` and `front-2`.
 */
export function placesOf(
  name: string,
  bases: ReadonlySet<string>,
): { readonly base: string; readonly number: number }[] {
  const { name: whole, ext } = parse(name);
  const [, stem, digits] = /^(.+)-([2-9]|[1-9]\d{1,5})$/.exec(whole) ?? [];
  const places = [
    { base: name, number: 1 },
    { base: `${stem}${ext}`, number: Number(digits) },
  ];
  return places.filter(({ base, number }) => number > 0 && bases.has(base));
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // What is wrong with it is told when the file is begun.
    return [];
  }
}
