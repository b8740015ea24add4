import { defer, filter, type MonoTypeOperatorFunction } from 'rxjs';
import { checkNumber, optionInvalid } from '../model/check-option.js';
import type { Frame } from './frame.js';

/** Options of {@link limitRate}. */
export interface LimitRateOptions {
  /** The most frames that pass per second. */
  readonly maxFps: number;
  /** Called with every dropped frame. If not provided, frames are dropped silently. */
  readonly onDrop?: ((frame: Frame) => void) | undefined;
}

/**
 * Passes at most `maxFps` frames per second, evenly, by their arrival.
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
 * Makes a function that returns whether something is due at a time, ms: at most `maxFps` times per second. Times that
 * do not fall on the pace do not slow it down, and a pause earns no credit.
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
