import { fitInside, scalePicture } from '../dataset/scale.js';
import type { ClassMask, RgbPicture } from '../engine.js';
import { scaleMask } from '../scale-mask.js';
import type { Size } from '../size.js';
import { REFERENCE_SIZE } from './recipe.js';

/** The augmentations of a training picture. Strength 0 (for scales, 1) turns one off. */
export interface Augmentation {
  /** The smallest and largest magnification of a picture that is fitted into {@link REFERENCE_SIZE}, drawn log-uniformly. */
  readonly scales: readonly [number, number];
  /** Largest relative difference between the magnifications of width and height: 0.1 is up to 10 %. */
  readonly aspect: number;
  /** Mirrors half of the pictures. */
  readonly flip: boolean;
  /** Largest relative change of brightness, contrast, saturation and gamma; the tint of each channel changes by up to a quarter of it. */
  readonly colour: number;
  /** Uneven lighting: the gain changes along a random direction, across the width or the height by a factor of up to 1 plus this. */
  readonly light: number;
  /** Sensor noise: its standard deviation is drawn up to this many of 255 levels, small values more often. */
  readonly noise: number;
  /**
   * Defocus and motion blur: the blur's standard deviation is drawn up to this many pixels of the crop, small values more
   * often, equal for both axes or larger for one.
   */
  readonly blur: number;
  /** CutMix (Yun et al. 2019): the share of crops in which a rectangle comes from another picture, with its labels. */
  readonly mix: number;
}

/** A picture with its labels, ready for crops. */
export interface TrainingPicture {
  readonly picture: RgbPicture;
  /** The picture at half its size, for crops that show it reduced. */
  readonly halved: RgbPicture;
  readonly truth: ClassMask;
  /** The magnification that fits `picture` into {@link REFERENCE_SIZE}. */
  readonly unit: number;
}

/**
 * Prepares a picture and its labels for crops of at most this magnification: larger pictures are reduced as validation reduces
 * them, which crops alone would do by skipping pixels.
 */
export async function prepareForCrops(
  original: RgbPicture,
  labels: ClassMask,
  largestScale: number,
): Promise<TrainingPicture> {
  const needed = Math.max(1, largestScale);
  const fitted = fitInside(original, { width: REFERENCE_SIZE.width * needed, height: REFERENCE_SIZE.height * needed });
  const { width, height } = fitted.width < original.width ? fitted : original;
  const picture = await scalePicture(original, width, height);
  const unit = Math.min(REFERENCE_SIZE.width / width, REFERENCE_SIZE.height / height);
  return { picture, halved: halve(picture), truth: scaleMask(labels, width, height), unit };
}

/** A picture at half its size, each pixel the mean of four (an odd last row or column is left out). */
export function halve({ width, height, data }: RgbPicture): RgbPicture {
  const [halfWidth, halfHeight] = [Math.max(1, width >> 1), Math.max(1, height >> 1)];
  const half = new Uint8Array(halfWidth * halfHeight * 3);
  const [right, below] = [width > 1 ? 3 : 0, height > 1 ? width * 3 : 0];
  for (let y = 0; y < halfHeight; y += 1) {
    for (let x = 0; x < halfWidth * 3; x += 1) {
      const at = 2 * y * width * 3 + Math.floor(x / 3) * 6 + (x % 3);
      half[y * halfWidth * 3 + x] =
        (data[at]! + data[at + right]! + data[at + below]! + data[at + below + right]! + 2) >> 2;
    }
  }
  return { width: halfWidth, height: halfHeight, data: half };
}

/** Below this magnification interpolation alone would skip pixels, so crops are cut from the halved picture. */
const HALVED_BELOW = 0.75;

/**
 * Cuts one training crop: scaled, mirrored and recoloured at `random` (uniform in [0, 1)). Pixels are interpolated bilinearly,
 * labels by nearest neighbour; outside the picture are `fill` and void (255). Writes into the batch's images (RGB) and labels
 * from the crop's `offset`, in pixels.
 */
export function cutCrop(
  { picture, halved, truth, unit }: TrainingPicture,
  crop: Size,
  augmentation: Augmentation,
  random: () => number,
  fill: readonly [number, number, number],
  into: { readonly images: Uint8Array; readonly labels: Uint8Array; readonly offset: number },
): void {
  const [smallest, largest] = augmentation.scales;
  const scale = unit * smallest * (largest / smallest) ** random();
  const stretch = Math.exp((2 * random() - 1) * Math.log1p(augmentation.aspect) * 0.5);
  const [scaleX, scaleY] = [scale * stretch, scale / stretch];
  const mirrored = augmentation.flip && random() < 0.5;
  // Where the crop begins in the scaled picture; a picture smaller than the crop is placed at random in it.
  const left = random() * (picture.width * scaleX - crop.width);
  const top = random() * (picture.height * scaleY - crop.height);
  const tone = toneCurves(augmentation.colour, random);
  const gain = lighting(augmentation.light, crop, random);
  const grain = sensorNoise(augmentation.noise, random);
  const soften = blur(augmentation.blur, crop, random);

  const source = scale < HALVED_BELOW ? halved : picture;
  const { data, width, height } = source;
  // Source pixels per pixel of the crop.
  const [stepX, stepY] = [width / (picture.width * scaleX), height / (picture.height * scaleY)];
  for (let y = 0; y < crop.height; y += 1) {
    const sourceY = (y + top + 0.5) * stepY - 0.5;
    const labelY = Math.floor((y + top + 0.5) / scaleY);
    const y0 = clamp(Math.floor(sourceY), height - 1);
    const y1 = clamp(Math.floor(sourceY) + 1, height - 1);
    const weightY = sourceY - Math.floor(sourceY);
    for (let x = 0; x < crop.width; x += 1) {
      const column = mirrored ? crop.width - 1 - x : x;
      const pixel = into.offset + y * crop.width + x;
      const labelX = Math.floor((column + left + 0.5) / scaleX);
      if (labelX < 0 || labelY < 0 || labelX >= truth.width || labelY >= truth.height) {
        into.images.set(fill, pixel * 3);
        into.labels[pixel] = 255;
        continue;
      }
      const sourceX = (column + left + 0.5) * stepX - 0.5;
      const floorX = Math.floor(sourceX);
      into.labels[pixel] = truth.data[labelY * truth.width + labelX]!;
      const x0 = clamp(floorX, width - 1);
      const x1 = clamp(floorX + 1, width - 1);
      const weightX = sourceX - floorX;
      const a = (y0 * width + x0) * 3;
      const b = (y0 * width + x1) * 3;
      const c = (y1 * width + x0) * 3;
      const d = (y1 * width + x1) * 3;
      const interpolate = (channel: number) => {
        const upper = data[a + channel]! + (data[b + channel]! - data[a + channel]!) * weightX;
        const lower = data[c + channel]! + (data[d + channel]! - data[c + channel]!) * weightX;
        return upper + (lower - upper) * weightY;
      };
      const [red, green, blue] = [interpolate(0), interpolate(1), interpolate(2)];
      const grey = 0.299 * red + 0.587 * green + 0.114 * blue;
      for (let channel = 0; channel < 3; channel += 1) {
        const value = channel === 0 ? red : channel === 1 ? green : blue;
        const saturated = (grey + (value - grey) * tone.saturation) * gain(x, y);
        into.images[pixel * 3 + channel] = tone.curves[channel]![clamp(Math.round(saturated), 255)]!;
      }
    }
  }
  // In the order of a camera: the lens blurs, then the sensor adds noise.
  const image = into.images.subarray(into.offset * 3, (into.offset + crop.width * crop.height) * 3);
  soften(image);
  if (augmentation.noise > 0)
    for (let i = 0; i < image.length; i += 1) image[i] = clamp(Math.round(image[i]! + grain()), 255);
}

/** A lookup table per channel for gamma, contrast, brightness and tint together. Saturation mixes channels and is separate. */
function toneCurves(strength: number, random: () => number) {
  const vary = (share = 1) => 1 + (2 * random() - 1) * strength * share;
  const [brightness, contrast, saturation, gamma] = [vary(), vary(), vary(), vary()];
  const curves = [0, 1, 2].map(() => {
    const tint = vary(0.25);
    const curve = new Uint8ClampedArray(256);
    for (let value = 0; value < 256; value += 1) {
      const bent = 255 * (value / 255) ** gamma;
      curve[value] = ((bent - 128) * contrast + 128) * brightness * tint;
    }
    return curve;
  });
  return { saturation, curves };
}

/** The gain at each position in a crop: it rises exponentially along a line and is 1 in the middle. */
function lighting(strength: number, { width, height }: Size, random: () => number): (x: number, y: number) => number {
  if (strength === 0) return () => 1;
  const angle = 2 * Math.PI * random();
  const slope = Math.log1p(strength) * random();
  const [perColumn, perRow] = [(slope * Math.cos(angle)) / width, (slope * Math.sin(angle)) / height];
  return (x, y) => Math.exp((x - width / 2) * perColumn + (y - height / 2) * perRow);
}

/** A generator of noise values, each the sum of two uniform ones, which is close enough to a normal distribution. */
function sensorNoise(strength: number, random: () => number): () => number {
  if (strength === 0) return () => 0;
  const deviation = strength * random() ** 2;
  const width = deviation * Math.sqrt(6);
  return () => (random() + random() - 1) * width;
}

/** Blurs an RGB picture of the crop's size in place, with a triangular kernel along rows, then along columns. */
function blur(strength: number, { width, height }: Size, random: () => number): (image: Uint8Array) => void {
  if (strength === 0) return () => {};
  const deviation = strength * random() ** 2;
  const direction = 2 * random();
  const across = triangle(deviation * Math.min(1, direction));
  const down = triangle(deviation * Math.min(1, 2 - direction));
  return (image) => {
    convolveLines(image, across, { lines: height, nextLine: width * 3, length: width, next: 3 });
    convolveLines(image, down, { lines: width, nextLine: 3, length: height, next: width * 3 });
  };
}

/** The centre and right half of a triangular kernel of this standard deviation; the whole kernel sums to 1. Below 0.41 pixels it is a single 1. */
function triangle(deviation: number): readonly number[] {
  const reach = Math.max(1, deviation * Math.sqrt(6));
  const half = Array.from({ length: Math.ceil(reach) }, (_, distance) => 1 - distance / reach);
  const sum = half.reduce((total, weight, distance) => total + (distance === 0 ? weight : 2 * weight), 0);
  return half.map((weight) => weight / sum);
}

/** Convolves each line of an RGB picture with a symmetric kernel; beyond its ends a line repeats its last value. */
function convolveLines(
  image: Uint8Array,
  [middle, ...weights]: readonly number[],
  { lines, nextLine, length, next }: Record<'lines' | 'nextLine' | 'length' | 'next', number>,
): void {
  if (weights.length === 0) return;
  const line = new Uint8Array(length);
  for (let start = 0; start < lines * nextLine; start += nextLine) {
    for (let channel = start; channel < start + 3; channel += 1) {
      for (let i = 0; i < length; i += 1) line[i] = image[channel + i * next]!;
      for (let i = 0; i < length; i += 1) {
        let sum = middle! * line[i]!;
        for (let j = 0; j < weights.length; j += 1) {
          sum += weights[j]! * (line[clamp(i - j - 1, length - 1)]! + line[clamp(i + j + 1, length - 1)]!);
        }
        image[channel + i * next] = Math.round(sum);
      }
    }
  }
}

/** Consecutive crops of a batch. */
export interface Crops {
  readonly images: Uint8Array;
  readonly labels: Uint8Array;
}

/**
 * Overwrites a rectangle of the crop at `offset` (in pixels) of `into` with the same rectangle of the only crop in `from`. It
 * spans a quarter to three quarters of the width and of the height.
 */
export function pasteRectangle(
  from: Crops,
  into: Crops & { readonly offset: number },
  crop: Size,
  random: () => number,
): void {
  const [width, height] = [crop.width, crop.height].map((side) => Math.round(side * (0.25 + 0.5 * random())));
  const left = Math.floor(random() * (crop.width - width! + 1));
  const top = Math.floor(random() * (crop.height - height! + 1));
  for (let y = top; y < top + height!; y += 1) {
    const start = y * crop.width + left;
    const end = start + width!;
    into.images.set(from.images.subarray(start * 3, end * 3), (into.offset + start) * 3);
    into.labels.set(from.labels.subarray(start, end), into.offset + start);
  }
}

const clamp = (value: number, largest: number) => (value < 0 ? 0 : Math.min(value, largest));
