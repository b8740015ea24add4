import type { ClassMask } from '../engine.js';

/** How often each class occurs in a data set, by class index. */
export interface ClassFrequencies {
  /** Pixels of the class. */
  readonly pixels: readonly number[];
  /** All pixels, including void, of the images that have the class. */
  readonly pixelsWherePresent: readonly number[];
  /** Images that have the class. */
  readonly images: readonly number[];
}

/** Counts classes, one label image at a time. */
export interface FrequencyCount {
  add(labels: ClassMask): void;
  /** The counts so far. */
  result(): ClassFrequencies;
}

/** Begins a count over `classes` classes. */
export function createFrequencyCount(classes: number): FrequencyCount {
  const pixels = new Array<number>(classes).fill(0);
  const pixelsWherePresent = new Array<number>(classes).fill(0);
  const images = new Array<number>(classes).fill(0);
  return {
    add({ data }) {
      const histogram = new Uint32Array(256);
      for (let i = 0; i < data.length; i += 1) histogram[data[i]!]! += 1;
      for (let index = 0; index < classes; index += 1) {
        if (histogram[index] === 0) continue;
        pixels[index]! += histogram[index]!;
        pixelsWherePresent[index]! += data.length;
        images[index]! += 1;
      }
    },
    result: () => ({ pixels: [...pixels], pixelsWherePresent: [...pixelsWherePresent], images: [...images] }),
  };
}

/**
 * Fills in, for classes that never occur in the first set, the frequencies of another set. The share of its pictures that is
 * mixed in does not matter, since a frequency counts only pictures that have the class.
 */
export function completeFrequencies(first: ClassFrequencies, other: ClassFrequencies): ClassFrequencies {
  const complete = (of: keyof ClassFrequencies) =>
    first[of].map((count, index) => (first.pixels[index] === 0 ? other[of][index]! : count));
  return {
    pixels: complete('pixels'),
    pixelsWherePresent: complete('pixelsWherePresent'),
    images: complete('images'),
  };
}

/**
 * Median frequency balancing (SegNet, section 3.2): the weight of a class is the median frequency divided by its own. The
 * frequency of a class is its pixels divided by all pixels of the images that have it. A class that never occurs has weight 0
 * and does not count in the median, which for an even count is the mean of the middle two.
 */
export function medianFrequencyWeights({ pixels, pixelsWherePresent }: ClassFrequencies): readonly number[] {
  const frequencies = pixels.map((count, index) => (count === 0 ? 0 : count / pixelsWherePresent[index]!));
  const sorted = frequencies.filter((frequency) => frequency > 0).sort((left, right) => left - right);
  const middle = (sorted.length - 1) / 2;
  const median = (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2;
  return frequencies.map((frequency) => (frequency === 0 ? 0 : median / frequency));
}
