import { optionInvalid } from '../../model/check-option.js';
import { didYouMean } from '../../model/did-you-mean.js';
import { Failure } from '../../model/failure.js';
import { areRegions, type Region } from '../../operators/exclude.js';

const EXPECTED = 'regions like "0,0.9 1,0.9 1,1 0,1": three or more corners x,y from 0 to 1, regions separated by ;';

/**
 * Parses regions of a picture, `0,0.9 1,0.9 1,1 0,1`, separated by semicolons; a program gives them as lists of corners.
 *
 * @throws `Failure` `OPTION_INVALID`.
 */
export function parseRegions(name: string, value: unknown): readonly Region[] {
  const regions = typeof value === 'string' ? split(value).map(cornersOf) : value;
  // A text without a region is a slip; a program may have none.
  if (!areRegions(regions) || (regions.length === 0 && typeof value === 'string'))
    throw optionInvalid(name, EXPECTED, value);
  return regions;
}

/**
 * Parses the regions of several sources: `[NAME=]REGION`, separated by semicolons or in a list, or a map of names to regions.
 * Those without a name are for all sources. Returns each source's regions; one that has none is missing.
 *
 * @throws `Failure` `OPTION_INVALID`, also for a name that no source has, and where only some have one: `front=A; B` may mean two
 * things.
 */
export function parseSourceRegions(
  name: string,
  value: unknown,
  sources: readonly string[],
): ReadonlyMap<string, readonly Region[]> {
  const regions = new Map<string, readonly Region[]>();
  for (const [source, text] of named(name, value)) {
    if (source !== undefined && !sources.includes(source)) {
      const hint = didYouMean(source, sources) || `; there are ${sources.join(', ')}`;
      throw new Failure('OPTION_INVALID', `${name} has a region of ${source}, which is no source${hint}`);
    }
    const parsed = parseRegions(name, text);
    for (const each of source === undefined ? sources : [source])
      regions.set(each, [...(regions.get(each) ?? []), ...parsed]);
  }
  return regions;
}

/** Pairs of a source's name, if there is one, and the text of its regions. */
function named(name: string, given: unknown): readonly (readonly [string | undefined, unknown])[] {
  const value = Array.isArray(given) && given.length > 0 && given.every(isText) ? given.join(';') : given;
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return Object.entries(value);
  if (typeof value !== 'string') throw optionInvalid(name, `${EXPECTED}, or a map of sources to such`, value);
  const parts = split(value).map((part) => /^(?:([^=]*?)\s*=\s*)?(.*)$/s.exec(part)!);
  if (parts.length === 0) throw optionInvalid(name, EXPECTED, value);
  if (new Set(parts.map(([, source]) => source === undefined)).size > 1) {
    throw optionInvalid(name, 'regions that all have the name of a source, or none', value);
  }
  return parts.map(([, source, text]) => [source, text]);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function split(text: string): string[] {
  return text
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function cornersOf(region: string): number[][] {
  return region.split(/\s+/).map((corner) => corner.split(',').map(numberOf));
}

/** NaN for an empty text too, which `Number` takes for 0. */
function numberOf(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text);
}
