import { type MonoTypeOperatorFunction, map } from 'rxjs';
import { checkNumber } from '../model/check-option.js';
import { type EncodedPart, type EncodePartsOptions, encodeParts, type PicturePart } from './encode-parts.js';
import type { SegmentedFrame } from './frame.js';
import { inOrder } from './in-order.js';

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
 * Keeps each source's order. Frames under way hold their gate, so a route that encodes slower than it segments drops
 * (policy `latest`) or waits (policy `every`) instead of queueing without bound; frames that nobody wants take no time.
 * Adds the step time `broadcast`.
 *
 * @throws `Failure` `OPTION_INVALID` for options out of range.
 *
 * @example
 * decode('dash.mp4').pipe(segment(engine), broadcast(server.hub))
 */
export function broadcast<T extends SegmentedFrame>(
  audience: Audience,
  options: EncodePartsOptions = {},
): MonoTypeOperatorFunction<T> {
  const { quality = 80, opacity = 0.5 } = options;
  checkNumber('quality', quality, { min: 1, max: 100, integer: true });
  checkNumber('opacity', opacity, { min: 0, max: 1 });
  return (source) =>
    source.pipe(
      inOrder(() => ({
        async take(frame: T) {
          const begunAt = performance.now();
          const parts = await encodeParts(frame, audience.wanted(frame.source), { quality, opacity });
          return { frame, parts, encodeMs: performance.now() - begunAt };
        },
      })),
      map(({ frame, parts, encodeMs }) => {
        audience.show(frame, parts, encodeMs);
        return { ...frame, stepTimes: { ...frame.stepTimes, broadcast: encodeMs } };
      }),
    );
}
