import { defer, filter, type MonoTypeOperatorFunction } from 'rxjs';
import type { Frame } from './frame.js';

export interface LimitRateOptions {
  /** At most so many frames a second pass. */
  readonly maxFps: number;
  /** Hears of every frame dropped. If not provided, drops go unheard. */
  readonly onDrop?: (frame: Frame) => void;
}

/**
 * Lets at most so many frames a second through, evenly, by their arrival. Frames that come in bursts do not save up credit
 * for more than one period.
 */
export function limitRate<T extends Frame>(options: LimitRateOptions): MonoTypeOperatorFunction<T> {
  const periodMs = 1000 / options.maxFps;
  return (source) =>
    defer(() => {
      let dueAt = Number.NEGATIVE_INFINITY;
      return source.pipe(
        filter((frame) => {
          if (frame.arrivedAt < dueAt) {
            options.onDrop?.(frame);
            return false;
          }
          dueAt = Math.max(dueAt + periodMs, frame.arrivedAt);
          return true;
        }),
      );
    });
}
