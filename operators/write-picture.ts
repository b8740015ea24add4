import { extname } from 'node:path';
import type { OperatorFunction } from 'rxjs';
import { listChoices, optionInvalid } from '../model/check-option.js';
import { outputFailure } from '../model/failure.js';
import type { OverlaidFrame, YuvPicture } from './frame.js';
import { writeStill } from './write-still.js';
import { yuvToRgb } from './yuv.js';

/** Formats by extension. The colours of classes have sharp edges, which JPEG's half chroma would blur. */
const FORMATS: Readonly<Record<string, readonly ['png' | 'jpeg' | 'webp', object]>> = {
  '.png': ['png', {}],
  '.jpg': ['jpeg', { quality: 95, chromaSubsampling: '4:4:4' }],
  '.jpeg': ['jpeg', { quality: 95, chromaSubsampling: '4:4:4' }],
  '.webp': ['webp', { quality: 90 }],
};

/** The extensions of still pictures that can be written. */
export const PICTURE_ENDINGS: readonly string[] = Object.keys(FORMATS);

/**
 * Writes the overlay of a still picture's one frame to a file (.png, .jpg, .webp), which gets its name when it is
 * complete. Passes the frame on, and adds the step time `encode`.
 *
 * Errors: `Failure` with `OUTPUT_UNWRITABLE`, `OUTPUT_DISK_FULL`, `OUTPUT_IS_INPUT`. A file of that name is replaced.
 *
 * @throws `Failure` `OPTION_INVALID` for another extension.
 */
export function writePicture(output: string): OperatorFunction<OverlaidFrame, OverlaidFrame> {
  const format = FORMATS[extname(output).toLowerCase()];
  if (format === undefined)
    throw optionInvalid('output', `a path that ends in ${listChoices(PICTURE_ENDINGS)}`, output);
  return writeStill<OverlaidFrame>(output, 'encode', ({ overlay }) =>
    encodeAs(overlay, format).catch((error: unknown) => {
      throw outputFailure('the output', output, error);
    }),
  );
}

async function encodeAs(picture: YuvPicture, [format, options]: (typeof FORMATS)[string]): Promise<Uint8Array> {
  // Loaded only when a picture is to be written: it takes as long to load as the rest of `run`.
  const { default: sharp } = await import('sharp');
  const { width, height, data } = yuvToRgb(picture, picture.width);
  return sharp(data, { raw: { width, height, channels: 3 }, limitInputPixels: false })
    .toFormat(format, options)
    .toBuffer();
}
