import { availableParallelism } from 'node:os';
import type { CheckedRunOptions } from './run-options.js';

/** More hold memory for nothing: so many keep any engine busy. */
const MOST_AT_ONCE = 8;

/**
 * How many still pictures are processed at a time. One takes longer to be read and written, by processes that are started for it, than to
 * be segmented; a video keeps the machine busy by itself. Viewers see one after the other.
 */
export function picturesAtOnce({ broadcast }: Pick<CheckedRunOptions, 'broadcast'>): number {
  return broadcast === undefined ? Math.min(availableParallelism(), MOST_AT_ONCE) : 1;
}
