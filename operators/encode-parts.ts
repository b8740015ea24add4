import { promisify } from 'node:util';
import { deflateRaw } from 'node:zlib';
import type { ClassLabel, ClassMask, RgbPicture } from '../model/engine.js';
import { encodeJpeg } from './encode-jpeg.js';
import { encodePicture } from './encode-picture.js';
import type { SegmentedFrame } from './frame.js';

/**
 * The parts of a segmented frame that can be sent: `source`, the picture as the network sees it; `mask`, the class
 * indices; `overlay`, both blended; `picture`, the source's own picture (up to 1280 pixels wide).
 */
export type PicturePart = 'source' | 'mask' | 'overlay' | 'picture';

/** How a part is encoded: pictures as JPEG, masks as class indices of one byte, deflated without a header. */
export type Codec = 'jpeg' | 'deflate-raw';

/** One part of a frame, encoded. */
export interface EncodedPart {
  readonly kind: PicturePart;
  readonly codec: Codec;
  readonly data: Uint8Array;
}

/** How parts are encoded. */
export interface EncodePartsOptions {
  /** JPEG quality, a whole number from 1 to 100. @default 80 */
  readonly quality?: number | undefined;
  /** Weight of the class colours in `overlay`, 0-1. @default 0.5 */
  readonly opacity?: number | undefined;
}

const deflate = promisify(deflateRaw);

/**
 * Encodes parts of a frame. All but `picture` have the size of `input`, which is RGB already and matches the mask pixel
 * by pixel; libuv's threads encode them. `picture` has to be converted first, in a thread of its own.
 */
export function encodeParts(
  frame: Pick<SegmentedFrame, 'picture' | 'input' | 'mask' | 'classes'>,
  kinds: Iterable<PicturePart>,
  options: EncodePartsOptions = {},
): Promise<EncodedPart[]> {
  const { quality = 80, opacity = 0.5 } = options;
  const encoders: Record<PicturePart, () => Promise<EncodedPart>> = {
    source: async () => ({ kind: 'source', codec: 'jpeg', data: await encodeJpeg(frame.input, quality) }),
    mask: async () => ({ kind: 'mask', codec: 'deflate-raw', data: await deflate(frame.mask.data, { level: 1 }) }),
    overlay: async () => {
      const burnt = blendRgb(frame.input, frame.mask, frame.classes, opacity);
      return { kind: 'overlay', codec: 'jpeg', data: await encodeJpeg(burnt, quality) };
    },
    picture: async () => ({ kind: 'picture', codec: 'jpeg', data: await encodePicture(frame.picture, quality) }),
  };
  return Promise.all([...kinds].map((kind) => encoders[kind]()));
}

/** Blends the colours of a mask's classes over a picture of the same size. */
function blendRgb(picture: RgbPicture, mask: ClassMask, classes: readonly ClassLabel[], opacity: number): RgbPicture {
  // Colour times opacity, in 1/256: a pixel then costs one multiplication per channel. A pixel of no class stays as it is.
  const keepOfClasses = Math.round((1 - opacity) * 256);
  const keeps = new Int32Array(256).fill(256);
  const cover = new Int32Array(256 * 3);
  for (const [index, label] of classes.entries()) {
    keeps[index] = keepOfClasses;
    for (let channel = 0; channel < 3; channel++)
      cover[index * 3 + channel] = label.colour[channel]! * (256 - keepOfClasses);
  }
  const data = new Uint8Array(picture.data.length);
  for (let pixel = 0, at = 0; at < data.length; pixel++, at += 3) {
    const index = mask.data[pixel]!;
    const keep = keeps[index]!;
    const base = index * 3;
    data[at] = (picture.data[at]! * keep + cover[base]!) >> 8;
    data[at + 1] = (picture.data[at + 1]! * keep + cover[base + 1]!) >> 8;
    data[at + 2] = (picture.data[at + 2]! * keep + cover[base + 2]!) >> 8;
  }
  return { width: picture.width, height: picture.height, data };
}
