import { extname } from 'node:path';
import type { OperatorFunction } from 'rxjs';
import { optionInvalid } from '../model/check-option.js';
import { scaleMask } from '../model/scale-mask.js';
import type { SegmentedFrame } from './frame.js';
import { encodeIndexedPng } from './indexed-png.js';
import { writeStill } from './write-still.js';

/**
 * Writes the mask of the one frame that a still picture gives to a PNG of the picture's size, whose pixel values are class indices and
 * whose palette is the classes' colours, and gives the frame on with the step time `masks`. For videos there is `writeMasks`.
 *
 * Errors: `Failure` with `OUTPUT_UNWRITABLE`, `OUTPUT_DISK_FULL`, `OUTPUT_IS_INPUT`. A file of that name is replaced.
 *
 * @throws `Failure` `OPTION_INVALID` for another ending than .png.
 */
export function writeMask<T extends SegmentedFrame>(output: string): OperatorFunction<T, T> {
  if (extname(output).toLowerCase() !== '.png') throw optionInvalid('output', 'a path that ends in .png', output);
  return writeStill<T>(output, 'masks', ({ mask, picture: { width, height }, classes }) =>
    encodeIndexedPng(scaleMask(mask, width, height), classes),
  );
}
