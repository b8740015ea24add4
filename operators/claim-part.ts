import { resolve } from 'node:path';
import { Failure } from '../model/failure.js';
import { abandonedAreGone } from './abandoned.js';

/** The parts that this process writes. */
const claimed = new Set<string>();

/**
 * Claims the part of an output for one writer, and returns what gives it back.
 *
 * @throws `Failure` `OUTPUT_UNWRITABLE` if another stream of this process writes it.
 */
export async function claimPart(part: string, output: string): Promise<() => void> {
  const place = resolve(part);
  // An earlier stream to this file may have been abandoned just now.
  if (claimed.has(place)) await abandonedAreGone();
  if (claimed.has(place)) {
    throw new Failure('OUTPUT_UNWRITABLE', `Output ${output} is being written by this program already`);
  }
  claimed.add(place);
  return () => claimed.delete(place);
}
