import type { ClassMask, RgbPicture } from '../engine.js';
import { Failure } from '../failure.js';

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

/** Copies a batch into one buffer that can be handed to another thread: the pictures stay their owner's. */
export function packPixels(batch: readonly RgbPicture[]): Uint8Array<ArrayBuffer> {
  const bytes = batch[0]!.data.length;
  const pixels = new Uint8Array(batch.length * bytes);
  batch.forEach(({ data }, i) => {
    pixels.set(data, i * bytes);
  });
  return pixels;
}

/** Cuts what comes back into masks; they share its memory. */
export function unpackMasks(masks: Uint8Array, width: number, height: number): ClassMask[] {
  const bytes = width * height;
  return Array.from({ length: masks.length / bytes }, (_, i) => ({
    width,
    height,
    data: masks.subarray(i * bytes, (i + 1) * bytes),
  }));
}
