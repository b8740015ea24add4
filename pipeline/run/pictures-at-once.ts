import { statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import type { Job } from './prepare-run.js';
import type { CheckedRunOptions } from './run-options.js';

/** More hold memory for nothing: so many keep any engine busy. */
const MOST_AT_ONCE = 8;

/** The file of a picture of some ten million pixels, whose half a gigabyte of processes is enough at a time. */
const LARGE_BYTES = 4e6;

/**
 * How many small still pictures are processed at a time. One takes longer to be read, by a process that is started for it, and to be written
 * than to be segmented; a video or a large picture keeps the machine busy by itself. Viewers see one after the other.
 */
export function picturesAtOnce({ broadcast, engine }: Pick<CheckedRunOptions, 'broadcast' | 'engine'>): number {
  return broadcast === undefined ? Math.min(engine.threads ?? availableParallelism(), MOST_AT_ONCE) : 1;
}

/** True for a still picture that may be processed beside others. */
export function isSmallPicture({ input }: Job): boolean {
  if (input.kind !== 'image') return false;
  return (statSync(input.path, { throwIfNoEntry: false })?.size ?? 0) <= LARGE_BYTES;
}

/** Small pictures that follow one another together, all else by itself. */
export function inGroups<T extends { readonly job: Job }>(jobs: readonly T[]): readonly (readonly T[])[] {
  const groups: T[][] = [];
  let isOfPictures = false;
  for (const one of jobs) {
    const isSmall = isSmallPicture(one.job);
    if (isSmall && isOfPictures) groups.at(-1)!.push(one);
    else groups.push([one]);
    isOfPictures = isSmall;
  }
  return groups;
}
