import { Failure } from '../model/failure.js';
import { pictureBytes, type SampleFormat } from './frame.js';

/** Checks that a picture, perhaps made by a caller's own step, has the bytes of its size. @throws `Failure` `FRAME_INVALID`. */
export function checkPicture(
  format: SampleFormat,
  { width, height, data }: { readonly width: number; readonly height: number; readonly data: Uint8Array },
): void {
  const expected = pictureBytes(format, width, height);
  if (data.length === expected) return;
  throw new Failure(
    'FRAME_INVALID',
    `Expected ${expected} bytes of ${format} for a picture of ${width}x${height}, got ${data.length}`,
  );
}
