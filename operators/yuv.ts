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

/** The matrix of a picture: the tagged one, else what players take for its size (BT.709 from 720 lines on). */
export function matrixOf(picture: Pick<YuvPicture, 'height' | 'colour'>): string {
  const { matrix } = picture.colour;
  if (matrix !== undefined && matrix in lumaWeights) return matrix;
  return picture.height >= 720 ? 'bt709' : 'smpte170m';
}

/** Y, U and V, each 0-255, of a red, green and blue, each 0-255. */
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
