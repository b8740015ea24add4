import { readdir } from 'node:fs/promises';
import { basename, dirname, join, parse } from 'node:path';
import { Failure } from '../../model/failure.js';
import { isThere, outputOfPart, partOf } from '../../operators/part-files.js';

/**
 * The path of each source's recordings, by its name: among several sources, `drive.mp4` and `front` give `drive-front.mp4`.
 *
 * @throws `Failure` `OPTION_INVALID` for names that give one path, such as `a b` and `a-b`.
 */
export function recordingPaths(path: string, sources: readonly string[]): ReadonlyMap<string, string> {
  if (sources.length === 1) return new Map([[sources[0]!, path]]);
  const { dir, name, ext } = parse(path);
  const bySource = new Map<string, string>();
  const byPath = new Map<string, string>();
  for (const source of sources) {
    const own = join(dir, `${name}-${source.replaceAll(/[^\p{L}\p{N}._-]+/gu, '-')}${ext}`);
    const other = byPath.get(own);
    if (other !== undefined) {
      const message = `Expected sources whose recordings have names of their own, got ${other} and ${source}, both ${own}`;
      throw new Failure('OPTION_INVALID', message);
    }
    bySource.set(source, own);
    byPath.set(own, source);
  }
  return bySource;
}

/**
 * Takes the path of the next recording after all that exist, are being written or were begun: `OUT.mp4`, `OUT-2.mp4`, ... Its number
 * is one above the highest, so that numbers stay chronological when old files are removed.
 *
 * @param taken The files that were begun, to which it is added.
 * @param others The first files of other sources, whose names must not be used, such as that of `front-2` next to `front`.
 */
export async function nextRecording(path: string, taken: Set<string>, others: readonly string[] = []): Promise<string> {
  const { base, name, ext } = parse(path);
  const folder = dirname(path);
  const bases = new Set([base]);
  let number = 0;
  for (const file of [...(await namesIn(folder)), ...taken]) {
    for (const place of placesOf(basename(outputOfPart(file) ?? file), bases)) number = Math.max(number, place.number);
  }
  for (;;) {
    number += 1;
    const file = join(folder, number === 1 ? base : `${name}-${number}${ext}`);
    if (others.includes(file)) continue;
    // Covers folders that cannot be listed, and names that differ only in case.
    if (taken.has(file) || (await isThere(file)) || (await isThere(partOf(file)))) continue;
    // Somebody else may have taken it meanwhile.
    if (taken.has(file)) continue;
    taken.add(file);
    return file;
  }
}

/**
 * The base names and numbers that a file name may stand for: `OUT.mp4` is number 1 of `OUT`, `OUT-3.mp4` number 3. `OUT-03.mp4`
 * and `OUT-20261128.mp4` are no recordings; six digits last for a hundred years of hourly files. A name may belong to two
 * sources, `front` and `front-2`.
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

/** The names in a folder; none if it cannot be read, which is reported when the file is begun. */
function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}
