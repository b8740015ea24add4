import { Observable, type OperatorFunction } from 'rxjs';
import type { Frame } from './frame.js';

/** The work of a step for one subscription. */
export interface Work<T, R> {
  /** Starts on a frame; resolves with its result, or with `undefined` to pass nothing on for it. */
  take(frame: T): Promise<R | undefined>;
  /** Runs once after the last result was passed on; the stream ends when it resolves. `failed` if the source failed. */
  finish?(failed: boolean): Promise<void>;
  /** Runs once at the very end, however the stream ended: drops what is still under way. */
  dispose?(): void;
}

interface Entry<R> {
  readonly release: () => void;
  outcome: 'pending' | 'nothing' | { readonly result: R };
}

/**
 * The base of every step that queues: starts work on each frame as it arrives, and passes the results on in the order
 * of the frames, for each source separately, so that a slow camera does not hold up another.
 *
 * A frame's gate is held from its arrival until its result has been passed on, or until the step is torn down. An error
 * of the source is passed on after the frames that came before it; an error of the work ends the stream at once.
 */
export function inOrder<T extends Frame, R>(open: () => Work<T, R>): OperatorFunction<T, R> {
  return (source) =>
    new Observable((subscriber) => {
      const work = open();
      const queues = new Map<string, Entry<R>[]>();
      let ending: { readonly failed: boolean; readonly error?: unknown } | undefined;
      let finishing = false;

      function giveOn(name: string): void {
        const queue = queues.get(name) ?? [];
        while (!subscriber.closed && queue.length > 0 && queue[0]!.outcome !== 'pending') {
          const { outcome, release } = queue.shift()!;
          if (typeof outcome === 'object') subscriber.next(outcome.result);
          // After `next`, so that the step after this one holds the gate before this one releases it.
          release();
        }
        if (queue.length === 0) queues.delete(name);
        finishIfDone();
      }

      function finishIfDone(): void {
        if (!ending || finishing || queues.size > 0 || subscriber.closed) return;
        finishing = true;
        const { failed, error } = ending;
        const end = () => (failed ? subscriber.error(error) : subscriber.complete());
        // The first of two errors is the cause.
        const endBadly = (own: unknown) => subscriber.error(failed ? error : own);
        Promise.resolve()
          .then(() => work.finish?.(failed))
          .then(end, endBadly);
      }

      function take(frame: T): void {
        // A synchronous source learns of the end only after its last value.
        if (subscriber.closed) return;
        let entry: Entry<R>;
        let taking: Promise<R | undefined>;
        // An exception here, such as for a frame without a gate, would reach the code that emits, not the subscriber.
        try {
          entry = { release: frame.gate.hold(), outcome: 'pending' };
          const queue = queues.get(frame.source);
          if (queue) queue.push(entry);
          else queues.set(frame.source, [entry]);
          // A step in JavaScript may return its result at once.
          taking = Promise.resolve(work.take(frame));
        } catch (error) {
          subscriber.error(error);
          return;
        }
        taking.then(
          (result) => {
            // What gives nothing need not wait for those before it, which may be what its gate keeps from coming.
            if (result === undefined) entry.release();
            entry.outcome = result === undefined ? 'nothing' : { result };
            giveOn(frame.source);
          },
          (error: unknown) => subscriber.error(error),
        );
      }

      subscriber.add(() => {
        for (const queue of queues.values()) for (const { release } of queue) release();
        queues.clear();
        work.dispose?.();
      });
      subscriber.add(
        source.subscribe({
          next: take,
          error: (error: unknown) => {
            ending = { failed: true, error };
            finishIfDone();
          },
          complete: () => {
            ending = { failed: false };
            finishIfDone();
          },
        }),
      );
    });
}
