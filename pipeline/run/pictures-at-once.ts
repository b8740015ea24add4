import { statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import type { Job } from './prepare-run.js';
import type { CheckedRunOptions } from './run-options.js';

/** This many keep any engine busy; more would only take memory. */
const MOST_AT_ONCE = 8;

/** The file size of a picture of about ten million pixels. Processing one takes half a gigabyte, so no others run beside it. */
const LARGE_BYTES = 4e6;

/**
 * How many small still pictures are processed at a time. Reading one (in a new process) and writing it take longer than
 * segmenting it; a video or a large picture keeps the machine busy by itself. With viewers it is one, as they see one after
 * another.
 */
export function picturesAtOnce({ broadcast, engine }: Pick<CheckedRunOptions, 'broadcast' | 'engine'>): number {
  return broadcast === undefined ? Math.min(engine.threads ?? availableParallelism(), MOST_AT_ONCE) : 1;
}

/** True for a still picture that may be processed in parallel with others. */
export function isSmallPicture({ input }: Job): boolean {
  if (input.kind !== 'image') return false;
  return (statSync(input.path, { throwIfNoEntry: false })?.size ?? 0) <= LARGE_BYTES;
}

/** Groups consecutive small pictures; everything else is a group of its own. */
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
