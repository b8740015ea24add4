import type { RgbPicture } from '../model/engine.js';
import type { ColourTags, YuvPicture } from './frame.js';

/** Luma weights of red and blue (ITU-R BT.601, BT.709, BT.2020, SMPTE 240M, FCC), by ffmpeg's names of matrices. */
const lumaWeights: Readonly<Record<string, readonly [number, number]>> = {
  smpte170m: [0.299, 0.114],
  bt470bg: [0.299, 0.114],
  fcc: [0.3, 0.11],
  bt709: [0.2126, 0.0722],
  smpte240m: [0.212, 0.087],
  bt2020nc: [0.2627, 0.0593],
  bt2020c: [0.2627, 0.0593],
};

/** Returns a picture's matrix: the tagged one, else the one that players assume for its size (BT.709 from 720 lines on). */
export function matrixOf(picture: Pick<YuvPicture, 'height' | 'colour'>): string {
  const { matrix } = picture.colour;
  if (matrix !== undefined && matrix in lumaWeights) return matrix;
  return picture.height >= 720 ? 'bt709' : 'smpte170m';
}

/** Converts red, green and blue, each 0-255, to Y, U and V, each 0-255. */
export function rgbToYuv(
  [red, green, blue]: readonly [number, number, number],
  matrix: string,
  range: ColourTags['range'],
): [number, number, number] {
  const [kr, kb] = lumaWeights[matrix]!;
  const y = (kr * red + (1 - kr - kb) * green + kb * blue) / 255;
  const u = (blue / 255 - y) / (2 * (1 - kb));
  const v = (red / 255 - y) / (2 * (1 - kr));
  const [offset, luma, chroma] = range === 'pc' ? [0, 255, 255] : [16, 219, 224];
  const clip = (value: number) => Math.min(255, Math.max(0, Math.round(value)));
  return [clip(offset + y * luma), clip(128 + u * chroma), clip(128 + v * chroma)];
}

/** The most by which a colour lies outside the RGB cube, on each side. */
const CLIP_BELOW = 512;

/** Clips a value to 0-255, by `value + CLIP_BELOW`: a table is three times as fast as the stores of a Uint8ClampedArray. */
const clipped = Uint8Array.from({ length: 2 * CLIP_BELOW + 256 }, (_, i) => Math.min(255, Math.max(0, i - CLIP_BELOW)));

/**
 * Converts a picture to RGB, scaled down by a whole number so that it is at most `maxWidth` wide. Fixed-point, 10 bits:
 * off by 2 at most.
 */
export function yuvToRgb(
  picture: Pick<YuvPicture, 'width' | 'height' | 'colour' | 'data'>,
  maxWidth: number,
): RgbPicture {
  const step = Math.max(1, Math.ceil(picture.width / maxWidth));
  const factors = factorsOf(picture, step);
  return step === 1 ? pairsToRgb(picture, factors) : blocksToRgb(picture, step, factors);
}

/** The amounts that a unit of each plane adds to red, green and blue, times 1024. */
interface Factors {
  readonly y: number;
  readonly redV: number;
  readonly greenU: number;
  readonly greenV: number;
  readonly blueU: number;
  /** Added to all three: black, the half for rounding, and the offset that lifts negative values into the table. */
  readonly bias: number;
}

/**
 * Returns the factors. The luma of the `step` x `step` pixels that become one is summed, so its factor is divided by
 * their number.
 */
function factorsOf(picture: Pick<YuvPicture, 'height' | 'colour'>, step: number): Factors {
  const [kr, kb] = lumaWeights[matrixOf(picture)]!;
  const kg = 1 - kr - kb;
  const [offset, luma, chroma] = picture.colour.range === 'pc' ? [0, 255, 255] : [16, 219, 224];
  const fixed = (value: number) => Math.round(value * 1024);
  const y = fixed(255 / luma / (step * step));
  return {
    y,
    redV: fixed((2 * (1 - kr) * 255) / chroma),
    greenU: fixed((2 * (1 - kb) * kb * 255) / chroma / kg),
    greenV: fixed((2 * (1 - kr) * kr * 255) / chroma / kg),
    blueU: fixed((2 * (1 - kb) * 255) / chroma),
    bias: (CLIP_BELOW << 10) + 512 - offset * step * step * y,
  };
}

/**
 * Converts at full size, two pixels of a row at a time, which share their chroma: 0.60 ms for 480x360, where one at a
 * time took 1.02.
 */
function pairsToRgb(
  { width, height, data }: Pick<YuvPicture, 'width' | 'height' | 'data'>,
  { y: yFactor, redV, greenU, greenV, blueU, bias }: Factors,
): RgbPicture {
  const chromaWidth = (width + 1) >> 1;
  const uPlane = width * height;
  const vPlane = uPlane + chromaWidth * ((height + 1) >> 1);
  const rgb = new Uint8Array(width * height * 3);
  for (let row = 0, from = 0, at = 0; row < height; row++) {
    const chromaRow = (row >> 1) * chromaWidth;
    for (let column = 0; column < chromaWidth; column++) {
      const u = data[uPlane + chromaRow + column]! - 128;
      const v = data[vPlane + chromaRow + column]! - 128;
      const red = (bias + redV * v) | 0;
      const green = (bias - greenU * u - greenV * v) | 0;
      const blue = (bias + blueU * u) | 0;
      const left = Math.imul(data[from++]!, yFactor);
      rgb[at++] = clipped[(left + red) >> 10]!;
      rgb[at++] = clipped[(left + green) >> 10]!;
      rgb[at++] = clipped[(left + blue) >> 10]!;
      // The last column of an odd width stands alone.
      if (2 * column + 1 === width) continue;
      const right = Math.imul(data[from++]!, yFactor);
      rgb[at++] = clipped[(right + red) >> 10]!;
      rgb[at++] = clipped[(right + green) >> 10]!;
      rgb[at++] = clipped[(right + blue) >> 10]!;
    }
  }
  return { width, height, data: rgb };
}

function blocksToRgb(
  { width, height, data }: Pick<YuvPicture, 'width' | 'height' | 'data'>,
  step: number,
  { y: yFactor, redV, greenU, greenV, blueU, bias }: Factors,
): RgbPicture {
  const [outWidth, outHeight] = [Math.max(1, Math.floor(width / step)), Math.max(1, Math.floor(height / step))];
  const chromaWidth = (width + 1) >> 1;
  const uPlane = width * height;
  const vPlane = uPlane + chromaWidth * ((height + 1) >> 1);
  const rgb = new Uint8Array(outWidth * outHeight * 3);
  for (let y = 0, at = 0; y < outHeight; y++) {
    const chromaRow = ((y * step + (step >> 1)) >> 1) * chromaWidth;
    for (let x = 0; x < outWidth; x++, at += 3) {
      const place = chromaRow + ((x * step + (step >> 1)) >> 1);
      const u = data[uPlane + place]! - 128;
      const v = data[vPlane + place]! - 128;
      const grey = (sumOf(data, y * step * width + x * step, width, step) * yFactor + bias) | 0;
      rgb[at] = clipped[(grey + redV * v) >> 10]!;
      rgb[at + 1] = clipped[(grey - greenU * u - greenV * v) >> 10]!;
      rgb[at + 2] = clipped[(grey + blueU * u) >> 10]!;
    }
  }
  return { width: outWidth, height: outHeight, data: rgb };
}

function sumOf(data: Uint8Array, from: number, stride: number, step: number): number {
  let sum = 0;
  for (let row = 0, at = from; row < step; row++, at += stride) {
    for (let column = 0; column < step; column++) sum += data[at + column]!;
  }
  return sum;
}
