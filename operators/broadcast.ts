import { type MonoTypeOperatorFunction, Observable } from 'rxjs';
import { type EncodedPart, type EncodePartsOptions, encodeParts, type PicturePart } from './encode-parts.js';
import type { SegmentedFrame } from './frame.js';

/** Whoever watches; `serve` makes one whose viewers come by WebSocket. */
export interface Audience {
  /** The parts of this source's frames that somebody wants now; nothing else is encoded. */
  wanted(source: string): ReadonlySet<PicturePart>;
  /** Takes a frame to show; never waits, never throws. */
  show(frame: SegmentedFrame, parts: readonly EncodedPart[], encodeMs: number): void;
}

/**
 * Shows every frame to an audience, each wanted part encoded once however many watch, and passes it on once it is shown.
 *
 * ```
 * source   --a----b-------c---|
 *            \a   \b      \c
 * result   ----a----b-------c-|
 * ```
 *
 * Keeps the order. Frames under way hold their gate, so a route that encodes slower than it segments drops (policy `latest`)
 * or waits (policy `every`) instead of queueing without bound; frames that nobody wants take no time. Stopping early leaves the audience as it is.
 */
export function broadcast<T extends SegmentedFrame>(
  audience: Audience,
  options: EncodePartsOptions = {},
): MonoTypeOperatorFunction<T> {
  return (source) =>
    new Observable<T>((subscriber) => {
      const releases = new Set<() => void>();
      // One after the other, so that frames are shown in the order in which they came.
      let turn: Promise<void> = Promise.resolve();

      const present = async (frame: T, release: () => void): Promise<void> => {
        if (subscriber.closed) return;
        const begun = performance.now();
        const parts = await encodeParts(frame, audience.wanted(frame.source), options);
        const encodeMs = performance.now() - begun;
        releases.delete(release);
        release();
        if (subscriber.closed) return;
        audience.show(frame, parts, encodeMs);
        subscriber.next({ ...frame, stepTimes: { ...frame.stepTimes, encode: encodeMs } });
      };

      const subscription = source.subscribe({
        next(frame) {
          const release = frame.gate.hold();
          releases.add(release);
          turn = turn.then(() => present(frame, release)).catch((error) => subscriber.error(error));
        },
        error: (error) => subscriber.error(error),
        complete() {
          turn = turn.then(() => subscriber.complete());
        },
      });
      return () => {
        subscription.unsubscribe();
        for (const release of releases) release();
      };
    });
}
