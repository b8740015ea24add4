import type { ClassMask, RgbPicture } from '../engine.js';
import { Failure } from '../failure.js';
import type { WorkerQueue } from './worker-queue.js';

/** To an engine's worker: pictures of one size, one after the other, 8-bit RGB. */
export interface SegmentRequest {
  readonly count: number;
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array<ArrayBuffer>;
}

/** From an engine's worker: the masks of a request, one after the other. */
export interface Masks {
  readonly type: 'masks';
  readonly masks: Uint8Array<ArrayBuffer>;
  /** The memory of the request, for the next one. */
  readonly pixels: Uint8Array<ArrayBuffer>;
}

/**
 * Segments batches in an engine's worker, as `Engine.segment` documents. Memory of the size of a batch goes there and comes
 * back: new memory for each would be filled with zeros first, and keep the garbage collector busy.
 *
 * What it returns throws as `Engine.segment`.
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
 * The size that all pictures of a batch have.
 *
 * @throws `Failure` `INPUT_INVALID` for an empty batch, mixed sizes, or data that does not fit its size.
 */
export function checkBatch(batch: readonly RgbPicture[]): { width: number; height: number } {
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

/** Copies a batch into one buffer that can be handed to another thread, `spare` if it fits: the pictures stay their owner's. */
function packPixels(batch: readonly RgbPicture[], spare: Uint8Array<ArrayBuffer> | undefined): Uint8Array<ArrayBuffer> {
  const bytes = batch[0]!.data.length;
  const pixels = spare?.length === batch.length * bytes ? spare : new Uint8Array(batch.length * bytes);
  batch.forEach(({ data }, i) => {
    pixels.set(data, i * bytes);
  });
  return pixels;
}

/** Cuts what comes back into masks; they share its memory. */
function unpackMasks(masks: Uint8Array, width: number, height: number): ClassMask[] {
  const bytes = width * height;
  return Array.from({ length: masks.length / bytes }, (_, i) => ({
    width,
    height,
    data: masks.subarray(i * bytes, (i + 1) * bytes),
  }));
}
