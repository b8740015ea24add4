import sharp, { type Sharp } from 'sharp';
import type { RgbPicture } from '../engine.js';
import type { Size } from '../size.js';

/**
 * The largest size of the aspect of `picture` that fits inside `box`, rounded to whole pixels: smaller pictures are enlarged, as `decode`
 * does, so that things have the size at which the network learnt them.
 */
export function fitInside(picture: Size, box: Size): Size {
  const scale = Math.min(box.width / picture.width, box.height / picture.height);
  const side = (length: number) => Math.max(Math.round(length * scale), 1);
  return { width: side(picture.width), height: side(picture.height) };
}

/** Hands a picture to sharp. */
export function sharpOf({ width, height, data }: RgbPicture): Sharp {
  return sharp(data, { raw: { width, height, channels: 3 } });
}

/** Takes a picture back from sharp. */
export async function pictureOf(image: Sharp): Promise<RgbPicture> {
  const { data, info } = await image.removeAlpha().toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data };
}

/** Scales a picture to exactly `width` x `height`, bicubic, and averaged where it becomes smaller; the same picture if it has that size. */
export async function scalePicture(picture: RgbPicture, width: number, height: number): Promise<RgbPicture> {
  if (picture.width === width && picture.height === height) return picture;
  return pictureOf(sharpOf(picture).resize(width, height, { fit: 'fill', kernel: 'cubic' }));
}
