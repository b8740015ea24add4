import { map, type OperatorFunction } from 'rxjs';
import type { Frame, OverlaidFrame } from './frame.js';

/*
 * Memory for the bytes of pictures. It is shared memory, so that threads paint without being sent a copy, and a route
 * that says when it is done with a frame (`recycle`) reuses it: a megabyte per frame costs the garbage collector more
 * time than the overlay takes (DECISIONS.md).
 *
 * V8 does not count shared memory when it decides to collect, so its amount is limited. A route that does not recycle
 * soon gets ordinary memory, which is counted, until a collection has freed some.
 */

/** The most memory that is kept for reuse; the garbage collector gets the rest. */
const KEPT_BYTES = 64 * 2 ** 20;

/**
 * The most shared memory that may exist: what is under way in a route by default (at most 40 MiB), even with large
 * pictures, and some more.
 */
const SHARED_BYTES = 96 * 2 ** 20;

/** Memory kept for reuse by size, the last returned first. Other sizes are dropped when room is short. */
const kept = new Map<number, Uint8Array<ArrayBufferLike>[]>();
/** Memory that was taken and has not been returned. */
const taken = new WeakSet<Uint8Array>();
let keptBytes = 0;
let sharedBytes = 0;
const freed = new FinalizationRegistry((size: number) => {
  sharedBytes -= size;
});

/** Returns `size` bytes of any content for a picture: shared memory, or ordinary memory if there is much shared memory already. */
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

/** Returns a picture's memory for reuse: nobody may read it any more. Does nothing for other memory, or a second time. */
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

/** Returns the memory of all of a frame's pictures: nobody may read them any more. */
export function givePictures({ picture, input, overlay }: Frame & Partial<Pick<OverlaidFrame, 'overlay'>>): void {
  for (const each of [picture, input, overlay]) if (each !== undefined) givePictureBytes(each.data);
}

/** A frame whose pictures are gone. */
export type SpentFrame<T extends Frame> = Omit<T, 'picture' | 'input' | 'overlay'>;

/**
 * Ends a route whose frames nobody else reads: the memory of each frame's pictures is reused for later frames, and the
 * frame is passed on without them. Every step before it must be done with a frame when it passes it on, and no frame
 * may have gone another way as well (`share`, `toArray` before it).
 *
 * @example
 * decode('dash.mp4').pipe(segment(engine), overlay(), encode('out.mp4'), recycle())
 */
export function recycle<T extends Frame & Partial<Pick<OverlaidFrame, 'overlay'>>>(): OperatorFunction<
  T,
  SpentFrame<T>
> {
  return map((frame) => {
    givePictures(frame);
    const { picture, input, overlay, ...rest } = frame;
    return rest;
  });
}
