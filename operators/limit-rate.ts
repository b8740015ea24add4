import { defer, filter, type MonoTypeOperatorFunction } from 'rxjs';
import { checkNumber, optionInvalid } from '../model/check-option.js';
import type { Frame } from './frame.js';

/** Options of {@link limitRate}. */
export interface LimitRateOptions {
  /** At most so many frames a second pass. */
  readonly maxFps: number;
  /** Hears of every frame dropped. If not provided, drops go unheard. */
  readonly onDrop?: ((frame: Frame) => void) | undefined;
}

/**
 * Lets at most so many frames a second through, evenly, by their arrival.
 *
 * ```
 * source  -a-b-c-d-e-f-g-h-|   every 100 ms
 * result  -a---c---e---g---|   maxFps: 5
 * ```
 *
 * @throws `Failure` `OPTION_INVALID` for a rate that is not more than 0.
 */
export function limitRate<T extends Frame>(options: LimitRateOptions): MonoTypeOperatorFunction<T> {
  if (checkNumber('maxFps', options.maxFps, {}) <= 0) throw optionInvalid('maxFps', 'more than 0', options.maxFps);
  return (source) =>
    defer(() => {
      const isDue = createPacer(options.maxFps);
      return source.pipe(
        filter((frame) => {
          if (isDue(frame.arrivedAt)) return true;
          options.onDrop?.(frame);
          return false;
        }),
      );
    });
}

/**
 * Makes a function that says of each moment, ms, whether something is due then; it is at most `maxFps` times a second. The pace is kept
 * over moments that do not fall on it, and a pause saves up no credit.
 */
export function createPacer(maxFps: number): (at: number) => boolean {
  const periodMs = 1000 / maxFps;
  let dueAt = Number.NEGATIVE_INFINITY;
  return (at) => {
    if (at < dueAt) return false;
    dueAt = (at - dueAt < periodMs ? dueAt : at) + periodMs;
    return true;
  };
}
