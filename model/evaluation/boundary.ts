import type { ClassMask } from '../engine.js';
import { meanOfDefined } from './confusion.js';

/**
 * Boundary F1 (SegNet, section 3.3, after Csurka et al.) of one picture, by class index, in per cent; `NaN` for a class that
 * the truth lacks.
 *
 * A boundary pixel belongs to the class and has one of its four neighbours outside it; the picture's border does not count. It
 * is matched if a boundary pixel of the other mask lies within 0.75 % of the picture's diagonal (Euclidean distance, not one to
 * one). Void is not masked out, so there is a boundary where it meets a class. A class that the prediction lacks scores 0; one
 * that fills both pictures, so that neither has a boundary, scores 100.
 *
 * @throws `RangeError` for masks of different sizes.
 */
export function boundaryScores(truth: ClassMask, prediction: ClassMask, classes: number): readonly number[] {
  const { width, height } = truth;
  if (width !== prediction.width || height !== prediction.height) {
    throw new RangeError(
      `Expected masks of one size, got ${width}x${height} and ${prediction.width}x${prediction.height}`,
    );
  }
  const disc = discOffsets(width, height);
  const truthMap = boundaryMap(truth, classes, disc.margin);
  const predictionMap = boundaryMap(prediction, classes, disc.margin);
  const recall = matchedShares(truthMap, predictionMap, disc);
  const precision = matchedShares(predictionMap, truthMap, disc);
  const present = new Uint8Array(256);
  for (let i = 0; i < truth.data.length; i += 1) present[truth.data[i]!] = 1;
  return Array.from({ length: classes }, (_, index) => {
    if (present[index] === 0) return Number.NaN;
    const [r, p] = [recall[index]!, precision[index]!];
    // Neither side has a boundary: the class fills the truth, and the prediction has it everywhere or nowhere.
    if (Number.isNaN(r) && Number.isNaN(p)) return prediction.data[0] === index ? 100 : 0;
    return r > 0 && p > 0 ? (200 * r * p) / (r + p) : 0;
  });
}

/** The mean of boundary scores over pictures. */
export interface BoundaryAverage {
  /** Adds the scores of one picture, as `boundaryScores` gives them. */
  add(scores: readonly number[]): void;
  /**
   * `BF`: the mean over pictures of the mean over the classes that the picture's truth has; `perClass`: the mean over
   * the pictures whose truth has the class. In per cent; `NaN` where there is none.
   */
  result(): { readonly BF: number; readonly perClass: readonly number[] };
}

/** Begins an average over `classes` classes. */
export function createBoundaryAverage(classes: number): BoundaryAverage {
  const pictures: number[] = [];
  const byClass = Array.from({ length: classes }, (): number[] => []);
  return {
    add(scores) {
      pictures.push(meanOfDefined(scores));
      for (const [index, list] of byClass.entries()) list.push(scores[index]!);
    },
    result: () => ({ BF: meanOfDefined(pictures), perClass: byClass.map(meanOfDefined) }),
  };
}

/** The offsets around a pixel at which a match is searched, nearest first, in maps with `margin` more pixels on each side. */
interface Disc {
  readonly margin: number;
  readonly stride: number;
  readonly offsets: Int32Array;
}

/** 0.75 % squared, as a fraction of integers, so that distances are compared exactly. */
const TOLERANCE_SQUARED = { over: 9, under: 160_000 };

function discOffsets(width: number, height: number): Disc {
  const limit = TOLERANCE_SQUARED.over * (width * width + height * height);
  const within = (dx: number, dy: number) => TOLERANCE_SQUARED.under * (dx * dx + dy * dy) <= limit;
  let margin = 0;
  while (within(margin + 1, 0)) margin += 1;
  const stride = width + 2 * margin;
  const found: { readonly offset: number; readonly distance: number }[] = [];
  for (let dy = -margin; dy <= margin; dy += 1) {
    for (let dx = -margin; dx <= margin; dx += 1) {
      if (within(dx, dy)) found.push({ offset: dy * stride + dx, distance: dx * dx + dy * dy });
    }
  }
  found.sort((left, right) => left.distance - right.distance);
  return { margin, stride, offsets: Int32Array.from(found, ({ offset }) => offset) };
}

interface BoundaryMap {
  /** The class of each boundary pixel, `NO_BOUNDARY` elsewhere and in the margin. */
  readonly map: Uint8Array;
  /** The indices of the boundary pixels in `map`. */
  readonly pixels: Uint32Array;
  readonly classes: number;
}

const NO_BOUNDARY = 255;

function boundaryMap({ width, height, data }: ClassMask, classes: number, margin: number): BoundaryMap {
  const stride = width + 2 * margin;
  const map = new Uint8Array(stride * (height + 2 * margin)).fill(NO_BOUNDARY);
  const pixels = new Uint32Array(data.length);
  let count = 0;
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const i = y * width + x;
      const index = data[i]!;
      if (index >= classes) continue;
      const inside =
        (x === 0 || data[i - 1] === index) &&
        (x === width - 1 || data[i + 1] === index) &&
        (y === 0 || data[i - width] === index) &&
        (y === height - 1 || data[i + width] === index);
      if (inside) continue;
      const place = (y + margin) * stride + x + margin;
      map[place] = index;
      pixels[count] = place;
      count += 1;
    }
  }
  return { map, pixels: pixels.subarray(0, count), classes };
}

/** By class, the share of the boundary pixels of `of` with a boundary pixel of `among` in their disc; `NaN` without pixels. */
function matchedShares(of: BoundaryMap, among: BoundaryMap, { offsets }: Disc): readonly number[] {
  const total = new Uint32Array(of.classes);
  const matched = new Uint32Array(of.classes);
  for (const place of of.pixels) {
    const index = of.map[place]!;
    total[index]! += 1;
    for (let i = 0; i < offsets.length; i += 1) {
      if (among.map[place + offsets[i]!] !== index) continue;
      matched[index]! += 1;
      break;
    }
  }
  return Array.from(total, (count, index) => matched[index]! / count);
}
