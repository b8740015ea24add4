import { checkNumber, optionInvalid } from '../model/check-option.js';
import { Failure } from '../model/failure.js';
import { pictureBytes, type SampleFormat } from './frame.js';

/** About a century: longer than any video, and within what ffmpeg can count. */
const MOST_SECONDS = 3e9;

/** Checks the requested part of a source. @throws `Failure` `OPTION_INVALID`. */
export function checkPart(part: {
  readonly startSeconds?: number | undefined;
  readonly durationSeconds?: number | undefined;
}): void {
  const { startSeconds = 0, durationSeconds = 1 } = part;
  checkNumber('startSeconds', startSeconds, { min: 0, max: MOST_SECONDS });
  checkNumber('durationSeconds', durationSeconds, { max: MOST_SECONDS });
  if (durationSeconds <= 0) throw optionInvalid('durationSeconds', 'more than 0', durationSeconds);
}

/** Checks that a picture, perhaps made by a caller's own step, has the bytes of its size. @throws `Failure` `FRAME_INVALID`. */
export function checkPicture(
  format: SampleFormat,
  { width, height, data }: { readonly width: number; readonly height: number; readonly data: Uint8Array },
): void {
  const expected = pictureBytes(format, width, height);
  if (data.length === expected) return;
  throw new Failure(
    'FRAME_INVALID',
    `Expected ${expected} bytes of ${format} for a picture of ${width}x${height}, got ${data.length}.`,
  );
}
