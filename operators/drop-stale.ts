import { filter, type MonoTypeOperatorFunction } from 'rxjs';
import { checkNumber } from '../model/check-option.js';
import { type Frame, frameNow } from './frame.js';

/** Options of {@link dropStale}. */
export interface DropStaleOptions {
  /** Frames that arrived longer ago than this are dropped, ms. */
  readonly maxStalenessMs: number;
  /** Called with every dropped frame. If not provided, frames are dropped silently. */
  readonly onDrop?: ((frame: Frame) => void) | undefined;
  /** The clock of `arrivedAt`, ms. @default `frameNow` */
  readonly now?: (() => number) | undefined;
}

/**
 * Drops frames that have waited too long, so that what is shown is never older than a budget.
 *
 * @throws `Failure` `OPTION_INVALID` for a budget below 0.
 */
export function dropStale<T extends Frame>(options: DropStaleOptions): MonoTypeOperatorFunction<T> {
  const { maxStalenessMs, onDrop, now = frameNow } = options;
  checkNumber('maxStalenessMs', maxStalenessMs, { min: 0 });
  return filter((frame) => {
    if (now() - frame.arrivedAt <= maxStalenessMs) return true;
    onDrop?.(frame);
    return false;
  });
}
