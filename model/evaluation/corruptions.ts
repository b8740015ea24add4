import sharp from 'sharp';
import type { LabelledPicture } from '../dataset/read-pair.js';
import { pictureOf, scalePicture, sharpOf } from '../dataset/scale.js';
import type { RgbPicture } from '../engine.js';
import { scaleMask } from '../scale-mask.js';

type Corrupt = (sample: LabelledPicture) => Promise<LabelledPicture>;

/** Corruptions that dashcam pictures have, by name. Each gives the same result every time. */
const corruptions = {
  /** Night: a quarter of the light, with the noise of a sensor that amplifies it. */
  dark: ofPicture((picture) =>
    Promise.resolve(
      addNoise(
        mapValues(picture, (value) => value / 4),
        6,
      ),
    ),
  ),
  /** Overexposure: values above 140 are lost. */
  bright: ofPicture((picture) => Promise.resolve(mapValues(picture, (value) => value * 1.8))),
  /** Fog: contrast falls to 40 % around a light grey. */
  fog: ofPicture((picture) => Promise.resolve(mapValues(picture, (value) => 0.4 * value + 0.6 * 200))),
  noise: ofPicture((picture) => Promise.resolve(addNoise(picture, 20))),
  /** The strong compression of cheap recorders: JPEG at quality 15. */
  jpeg: ofPicture(async (picture) => pictureOf(sharp(await sharpOf(picture).jpeg({ quality: 15 }).toBuffer()))),
  /** Horizontal motion during the exposure: each pixel is the mean of its row over 2 % of the width. */
  'motion-blur': ofPicture((picture) => pictureOf(sharpOf(picture).convolve(rowKernel(picture.width / 50)))),
  /** Out of focus: a Gaussian of 0.5 % of the width. */
  defocus: ofPicture((picture) => pictureOf(sharpOf(picture).blur(Math.max(picture.width / 200, 0.3)))),
  /** Low resolution: scaled to a third of the size and enlarged again. */
  'low-resolution': ofPicture(async (picture) => {
    const { width, height } = picture;
    const small = await scalePicture(picture, Math.ceil(width / 3), Math.ceil(height / 3));
    return scalePicture(small, width, height);
  }),
  /** A wider aspect ratio: the middle of the picture, twice as wide as high. */
  wide: async ({ picture, labels }) => {
    const { width } = picture;
    const height = Math.min(Math.round(width / 2), picture.height);
    const from = Math.floor((picture.height - height) / 2) * width;
    const rows = (data: Uint8Array, bytes: number) => data.subarray(from * bytes, (from + width * height) * bytes);
    return {
      picture: { width, height, data: rows(picture.data, 3) },
      labels: { width, height, data: rows(labels.data, 1) },
    };
  },
  /** An aspect ratio by non-square pixels: three quarters of the width. */
  squeezed: async ({ picture, labels }) => {
    const width = Math.round(picture.width * 0.75);
    return {
      picture: await scalePicture(picture, width, picture.height),
      labels: scaleMask(labels, width, labels.height),
    };
  },
} satisfies Record<string, Corrupt>;

/** The name of a corruption. */
export type Corruption = keyof typeof corruptions;

/** The names that `corrupt` knows. */
export const corruptionNames = Object.keys(corruptions) as readonly Corruption[];

/** Corrupts a picture as weather, lens or recorder would; `wide` and `squeezed` change its labels too. */
export function corrupt(sample: LabelledPicture, corruption: Corruption): Promise<LabelledPicture> {
  return corruptions[corruption](sample);
}

function ofPicture(change: (picture: RgbPicture) => Promise<RgbPicture>): Corrupt {
  return async ({ picture, labels }) => ({ picture: await change(picture), labels });
}

function mapValues({ width, height, data }: RgbPicture, change: (value: number) => number): RgbPicture {
  // A clamped array rounds and saturates at 0 and 255.
  const table = Uint8ClampedArray.from({ length: 256 }, (_, value) => change(value));
  return { width, height, data: data.map((value) => table[value]!) };
}

/** Adds normally distributed noise, the same in every call. */
function addNoise({ width, height, data }: RgbPicture, deviation: number): RgbPicture {
  const noisy = new Uint8ClampedArray(data.length);
  let state = 1;
  const uniform = () => {
    // The Park-Miller generator takes every value from 1 to 2^31 - 2 once.
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
  for (let i = 0; i < data.length; i += 2) {
    // Box-Muller turns two uniform values into two normal ones.
    const radius = deviation * Math.sqrt(-2 * Math.log(uniform()));
    const angle = 2 * Math.PI * uniform();
    noisy[i] = data[i]! + radius * Math.cos(angle);
    if (i + 1 < data.length) noisy[i + 1] = data[i + 1]! + radius * Math.sin(angle);
  }
  return { width, height, data: new Uint8Array(noisy.buffer) };
}

/** A kernel that averages along a row; sharp needs at least three rows. */
function rowKernel(length: number) {
  const width = 2 * Math.max(Math.round((length - 1) / 2), 1) + 1;
  const kernel = Array.from({ length: 3 * width }, (_, i) => (i >= width && i < 2 * width ? 1 : 0));
  return { width, height: 3, kernel };
}
