import { map, type OperatorFunction } from 'rxjs';
import type { Frame, OverlaidFrame } from './frame.js';

/*
 * Memory for the bytes of pictures. It is shared memory, so that threads paint without a copy being sent to them, and a
 * route that says when it is done with a frame (`recycle`) has it used again: a megabyte a frame that is left to the
 * garbage collector keeps that busier than the overlay is (DECISIONS.md).
 *
 * V8 does not count shared memory among what makes it collect. So there is only so much of it; a route that does not
 * recycle soon gets ordinary memory, which is counted, until the collector has been and freed some.
 */

/** What waits to be used again is at most this much; beyond it the garbage collector has it. */
const KEPT_BYTES = 64 * 2 ** 20;

/** Shared memory in existence: what is under way in a route by default (at most 40 MiB), of large pictures too, and some more. */
const SHARED_BYTES = 96 * 2 ** 20;

/** By size, the last given back first. Sizes that nobody asks for any more are forgotten when room is short. */
const kept = new Map<number, Uint8Array<ArrayBufferLike>[]>();
/** What may be given back: all that was taken and is still its taker's. */
const taken = new WeakSet<Uint8Array>();
let keptBytes = 0;
let sharedBytes = 0;
const freed = new FinalizationRegistry((size: number) => {
  sharedBytes -= size;
});

/** `size` bytes for a picture, of any content: shared memory, or ordinary where there is much of that already. */
export function takePictureBytes(size: number): Uint8Array {
  const waiting = kept.get(size);
  const used = waiting?.pop();
  if (used !== undefined) keptBytes -= size;
  if (waiting?.length === 0) kept.delete(size);
  const bytes = used ?? allocate(size);
  taken.add(bytes);
  return bytes;
}

function allocate(size: number): Uint8Array {
  if (sharedBytes + size > SHARED_BYTES) return new Uint8Array(Buffer.allocUnsafeSlow(size).buffer);
  const memory = new SharedArrayBuffer(size);
  sharedBytes += size;
  freed.register(memory, size);
  return new Uint8Array(memory);
}

/** Has the memory of a picture used again: nobody may look at it any more. Other memory, and a second time, do nothing. */
export function givePictureBytes(bytes: Uint8Array): void {
  if (!taken.delete(bytes)) return;
  const size = bytes.length;
  for (const [other, waiting] of kept) {
    if (keptBytes + size <= KEPT_BYTES) break;
    if (other === size) continue;
    keptBytes -= other * waiting.length;
    kept.delete(other);
  }
  if (keptBytes + size > KEPT_BYTES) return;
  const waiting = kept.get(size);
  if (waiting) waiting.push(bytes);
  else kept.set(size, [bytes]);
  keptBytes += size;
}

/** A frame whose pictures are gone. */
export type SpentFrame<T extends Frame> = Omit<T, 'picture' | 'input' | 'overlay'>;

/**
 * Ends a route that nobody else looks into: the memory of each frame's pictures is used again for frames to come, and
 * what is given on tells of the frame without them. Every step before it must be done with a frame when it gives it on,
 * and no frame may have gone another way as well (`share`, `toArray` before it).
 *
 * @example
 * decode('dash.mp4').pipe(segment(engine), overlay(), encode('out.mp4'), recycle())
 */
export function recycle<T extends Frame & Partial<Pick<OverlaidFrame, 'overlay'>>>(): OperatorFunction<
  T,
  SpentFrame<T>
> {
  return map(({ picture, input, overlay, ...rest }) => {
    for (const each of [picture, input, overlay]) if (each !== undefined) givePictureBytes(each.data);
    return rest;
  });
}
