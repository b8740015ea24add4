import { stat } from 'node:fs/promises';
import sharp from 'sharp';
import type { RgbPicture } from '../engine.js';
import { Failure } from '../failure.js';

/**
 * Reads an image file (PNG, JPEG, WebP, TIFF, ...) as 8-bit RGB, rotated upright by its EXIF data (as in `run`). Grey becomes
 * RGB; transparency is dropped.
 *
 * @throws `Failure` `PICTURE_MISSING` or `PICTURE_INVALID`, naming the file.
 */
export async function readPicture(path: string): Promise<RgbPicture> {
  try {
    const { data, info } = await sharp(path)
      .autoOrient()
      .removeAlpha()
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, data };
  } catch (error) {
    throw await pictureFailure(path, error);
  }
}

/** The failure that says in one sentence why a file could not be read as an image; what the library said is its `cause`. */
export async function pictureFailure(path: string, cause: unknown): Promise<Failure> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return new Failure('PICTURE_MISSING', `Expected an image at ${path}, found none`, { cause });
  const why = found.isDirectory()
    ? 'it is a directory'
    : found.size === 0
      ? 'it is empty'
      : explain(cause as NodeJS.ErrnoException);
  return new Failure('PICTURE_INVALID', `Expected an image at ${path}, but ${why}`, { cause });
}

/** Libraries tell of their insides: all but these messages come of files that end too early or are broken. */
function explain({ code, message }: NodeJS.ErrnoException): string {
  if (message.includes('unsupported image format'))
    return 'it is none that can be read: PNG, JPEG, WebP, TIFF, GIF or AVIF, with its first bytes unharmed';
  const isPlain = code !== undefined || /pixel limit|permission denied/i.test(message);
  return isPlain ? message.split('\n')[0]! : 'it is cut off or damaged';
}
