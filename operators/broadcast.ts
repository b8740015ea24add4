import { type MonoTypeOperatorFunction, map } from 'rxjs';
import { checkNumber } from '../model/check-option.js';
import { type EncodedPart, type EncodePartsOptions, encodeParts, type PicturePart } from './encode-parts.js';
import type { SegmentedFrame } from './frame.js';
import { inOrder } from './in-order.js';

/** Those who watch; `serve` has an audience of viewers connected by WebSocket. */
export interface Audience {
  /** Returns the parts of this source's frames that are wanted now; only these are encoded. */
  wanted(source: string): ReadonlySet<PicturePart>;
  /** Shows a frame; must neither wait nor throw. */
  show(frame: SegmentedFrame, parts: readonly EncodedPart[], encodeMs: number): void;
}

/**
 * Shows every frame to an audience, and passes it on once it is shown. Each wanted part is encoded once, however many
 * watch.
 *
 * ```
 * source   --a----b-------c---|
 *            \a   \b      \c
 * result   ----a----b-------c-|
 * ```
 *
 * Keeps each source's order. Frames being encoded hold their gate, so a route that encodes more slowly than it segments
 * drops frames (policy `latest`) or waits (policy `every`) instead of queueing without bound; frames that nobody wants
 * take no time. Adds the step time `broadcast`.
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
