import { setMaxListeners } from 'node:events';
import type { OperatorFunction } from 'rxjs';
import { checkChoice, checkNumber } from '../model/check-option.js';
import type { Engine } from '../model/engine.js';
import { countShares } from './class-shares.js';
import type { Frame, SegmentedFrame } from './frame.js';
import { inOrder } from './in-order.js';
import { type JobResult, schedulerOf } from './scheduler.js';

/** Options of {@link segment}. */
export interface SegmentOptions {
  /** The most pictures given to the engine at once. @default 1 // no picture waits for another */
  readonly batch?: number | undefined;
  /** How long a picture may wait for others to fill a batch when the engine is idle, ms. @default 3 */
  readonly maxWaitMs?: number | undefined;
  /** Segments every nth frame of a source; those between carry the last mask. @default 1 */
  readonly stride?: number | undefined;
  /**
   * `every`: each frame waits for its turn. `latest`: a frame that still waits is dropped for a newer one of its source, so
   * that no frame is old when its turn comes, however many sources share the engine. @default 'every'
   */
  readonly policy?: 'every' | 'latest' | undefined;
  /** Called with every frame that is dropped for a newer one. */
  readonly onDrop?: ((frame: Frame) => void) | undefined;
}

/** Beyond this a picture waits for a batch that never fills; Node's timers overflow at 24 days. */
const LONGEST_WAIT_MS = 60_000;

/**
 * Segments frames. All streams that use an engine share one scheduler, which batches waiting frames and takes the
 * sources in turn. Each source's order is kept; frames of an earlier epoch of a source are dropped as soon as a frame
 * of a later one arrives.
 *
 * Adds the step times `queue` (ms until the engine began) and `segment` (ms that its batch took).
 *
 * Errors: whatever the engine throws. @throws `Failure` `OPTION_INVALID` for options out of range.
 */
export function segment(engine: Engine, options: SegmentOptions = {}): OperatorFunction<Frame, SegmentedFrame> {
  const { batch = 1, maxWaitMs = 3, stride = 1, policy = 'every', onDrop } = options;
  checkNumber('batch', batch, { min: 1, integer: true });
  checkNumber('stride', stride, { min: 1, integer: true });
  checkNumber('maxWaitMs', maxWaitMs, { min: 0, max: LONGEST_WAIT_MS });
  checkChoice('policy', policy, ['every', 'latest']);
  return inOrder(() => {
    const scheduler = schedulerOf(engine);
    const sources = new Map<string, Source>();

    return {
      async take(frame) {
        const takenAt = performance.now();
        let source = sources.get(frame.source);
        if (source && frame.epoch < source.epoch) return undefined;
        if (!source || frame.epoch > source.epoch) {
          source?.abandoned.abort();
          const abandoned = new AbortController();
          // Every waiting frame listens to it: many listeners are not a leak.
          setMaxListeners(0, abandoned.signal);
          source = { epoch: frame.epoch, abandoned, taken: 0, last: undefined };
          sources.set(frame.source, source);
        }
        const { signal } = source.abandoned;
        const isCarried = source.taken % stride !== 0 && source.last !== undefined;
        source.taken += 1;
        if (!isCarried) {
          const queue = source;
          source.last = scheduler
            .submit({ queue, picture: frame.input, batch, maxWaitMs, supersedes: policy === 'latest', signal })
            .then((result) => result && { ...result, shares: countShares(result.mask, engine.classes.length) });
        }
        const segmented = await orAborted(source.last!, signal);
        if (!segmented) {
          if (!signal.aborted) onDrop?.(frame);
          return undefined;
        }
        const { mask, shares, beganAt, endedAt } = segmented;
        const times = isCarried
          ? { queue: performance.now() - takenAt }
          : { queue: Math.max(0, beganAt - takenAt), segment: endedAt - beganAt };
        return {
          ...frame,
          mask,
          classes: engine.classes,
          shares,
          carried: isCarried,
          stepTimes: { ...frame.stepTimes, ...times },
        };
      },
      dispose() {
        for (const { abandoned } of sources.values()) abandoned.abort();
      },
    };
  });
}

interface Segmented extends JobResult {
  readonly shares: readonly number[];
}

interface Source {
  readonly epoch: number;
  readonly abandoned: AbortController;
  taken: number;
  /** Undefined for a frame that was dropped. */
  last: Promise<Segmented | undefined> | undefined;
}

/** Resolves with the promise's value, or with `undefined` as soon as the signal is aborted. */
function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const stop = () => resolve(undefined);
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
