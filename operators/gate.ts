import { checkNumber } from '../model/check-option.js';

/**
 * Tells a source how many frames are under way in its route. RxJS pushes and cannot see fan-out, so backpressure is
 * explicit: steps that queue `hold` the frame's gate when they take a frame, and release it when the frame has left
 * them or they are torn down. `decode` reads from ffmpeg only while the gate is open. A frame that no step holds does
 * not count, so one that is filtered out, thrown away or unsubscribed cannot stall the source.
 */
export interface Gate {
  /** True while fewer than `limit` holds are out. */
  readonly open: boolean;
  /** Takes one hold. The returned function releases it; only its first call counts. */
  hold(): () => void;
  /** Calls back, once, as soon as the gate is open (at once if it is). */
  whenOpen(callback: () => void): void;
}

/** Makes a gate that is open while fewer than `limit` holds are out. @throws `Failure` `OPTION_INVALID` for a limit below 1. */
export function createGate(limit: number): Gate {
  checkNumber('limit', limit, { min: 1 });
  let held = 0;
  const waiting: (() => void)[] = [];
  return {
    get open() {
      return held < limit;
    },
    hold() {
      let released = false;
      held += 1;
      return () => {
        if (released) return;
        released = true;
        held -= 1;
        while (held < limit && waiting.length > 0) waiting.shift()!();
      };
    },
    whenOpen(callback) {
      if (held < limit) callback();
      else waiting.push(callback);
    },
  };
}
