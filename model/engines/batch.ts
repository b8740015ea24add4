import type { ClassMask, RgbPicture } from '../engine.js';
import { Failure } from '../failure.js';
import type { Size } from '../size.js';
import type { WorkerQueue } from './worker-queue.js';

/** A message to an engine's worker: consecutive 8-bit RGB pictures of one size. */
export interface SegmentRequest {
  readonly count: number;
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array<ArrayBuffer>;
}

/** A message from an engine's worker: the consecutive masks of a request. */
export interface Masks {
  readonly type: 'masks';
  readonly masks: Uint8Array<ArrayBuffer>;
  /** The memory of the request, to be used again for the next one. */
  readonly pixels: Uint8Array<ArrayBuffer>;
}

/**
 * Segments batches in an engine's worker, as `Engine.segment` documents. The memory of a batch is transferred to the worker and
 * back, since new memory for each batch would have to be zeroed and would burden the garbage collector.
 *
 * The returned function throws as `Engine.segment`.
 */
export function createBatchSegmenter(
  queue: WorkerQueue<SegmentRequest, Masks>,
): (batch: readonly RgbPicture[], signal?: AbortSignal) => Promise<ClassMask[]> {
  let spare: Uint8Array<ArrayBuffer> | undefined;
  return async (batch, signal) => {
    const { width, height } = checkBatch(batch);
    const { masks, pixels } = await queue.run(() => {
      const packed = packPixels(batch, spare);
      spare = undefined;
      return { message: { count: batch.length, width, height, pixels: packed }, transfer: [packed.buffer] };
    }, signal);
    spare = pixels;
    return unpackMasks(masks, width, height);
  };
}

/**
 * Checks a batch and returns the size that all of its pictures have.
 *
 * @throws `Failure` `INPUT_INVALID` for an empty batch, mixed sizes, or data that does not fit its size.
 */
export function checkBatch(batch: readonly RgbPicture[]): Size {
  const [first] = batch;
  if (first === undefined) throw new Failure('INPUT_INVALID', 'Expected a batch of one or more pictures, got none');
  const { width, height } = first;
  if (!(Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0)) {
    throw new Failure(
      'INPUT_INVALID',
      `Expected a picture with a width and height of whole pixels, got ${width}x${height}`,
    );
  }
  for (const picture of batch) {
    if (picture.width !== width || picture.height !== height) {
      const got = `${width}x${height} and ${picture.width}x${picture.height}`;
      throw new Failure('INPUT_INVALID', `Expected a batch of pictures of one size, got ${got}`);
    }
    if (picture.data.length !== width * height * 3) {
      throw new Failure(
        'INPUT_INVALID',
        `Expected ${width * height * 3} bytes of RGB for ${width}x${height} pixels, got ${picture.data.length}`,
      );
    }
  }
  return { width, height };
}

/** Copies a batch into one buffer that can be transferred to another thread, `spare` if it fits. The pictures stay with their owner. */
function packPixels(batch: readonly RgbPicture[], spare: Uint8Array<ArrayBuffer> | undefined): Uint8Array<ArrayBuffer> {
  const bytes = batch[0]!.data.length;
  const pixels = spare?.length === batch.length * bytes ? spare : new Uint8Array(batch.length * bytes);
  batch.forEach(({ data }, i) => {
    pixels.set(data, i * bytes);
  });
  return pixels;
}

/** Cuts the worker's answer into masks, which share its memory. */
function unpackMasks(masks: Uint8Array, width: number, height: number): ClassMask[] {
  const bytes = width * height;
  return Array.from({ length: masks.length / bytes }, (_, i) => ({
    width,
    height,
    data: masks.subarray(i * bytes, (i + 1) * bytes),
  }));
}
