import { type MonoTypeOperatorFunction, map } from 'rxjs';
import { optionInvalid } from '../model/check-option.js';
import type { ClassMask } from '../model/engine.js';
import { countShares } from './class-shares.js';
import type { SegmentedFrame } from './frame.js';

/** A polygon in a picture: its corners [x, y], from [0, 0] at the top left to [1, 1] at the bottom right. */
export type Region = readonly (readonly [number, number])[];

/** The value of a mask's pixel that has no class. */
const VOID = 255;

/**
 * Takes regions out of masks, such as the car's own bonnet or a date that the camera writes into its pictures: their
 * pixels have no class (255), are counted in no share, and are not coloured. A mask's pixel belongs to a region if its
 * centre does; regions may overlap.
 *
 * Copies each mask once. Adds the step time `exclude`.
 *
 * @throws `Failure` `OPTION_INVALID` for a region of fewer than three corners, or one outside the picture.
 *
 * @example
 * exclude([[[0, 0.9], [1, 0.9], [1, 1], [0, 1]]]) // the lowest tenth of the picture
 */
export function exclude<T extends SegmentedFrame>(regions: readonly Region[]): MonoTypeOperatorFunction<T> {
  if (!areRegions(regions)) {
    throw optionInvalid('regions', 'regions of three or more corners [x, y] from 0 to 1', regions);
  }
  // All frames of a source have masks of one size, and several sources seldom have many.
  const bySize = new Map<string, readonly Run[]>();
  const runsOf = ({ width, height }: ClassMask): readonly Run[] => {
    const key = `${width}x${height}`;
    const runs = bySize.get(key) ?? regions.flatMap((region) => runsInside(region, width, height));
    bySize.set(key, runs);
    return runs;
  };
  return map((frame) => {
    const beganAt = performance.now();
    const data = frame.mask.data.slice();
    for (const [from, to] of runsOf(frame.mask)) data.fill(VOID, from, to);
    const mask = { ...frame.mask, data };
    return {
      ...frame,
      mask,
      shares: countShares(mask, frame.classes.length),
      stepTimes: { ...frame.stepTimes, exclude: performance.now() - beganAt },
    };
  });
}

/** True for a list of regions, each of three or more corners within the picture. */
export function areRegions(value: unknown): value is readonly Region[] {
  const isPlace = (place: unknown) => typeof place === 'number' && place >= 0 && place <= 1;
  const isCorner = (corner: unknown) => Array.isArray(corner) && corner.length === 2 && corner.every(isPlace);
  const isRegion = (region: unknown) => Array.isArray(region) && region.length >= 3 && region.every(isCorner);
  return Array.isArray(value) && value.every(isRegion);
}

/** Neighbouring pixels of one row: the index of the first one, and of the one behind the last. */
type Run = readonly [number, number];

/** The pixels whose centres are inside a polygon, by the even-odd rule. */
function runsInside(region: Region, width: number, height: number): Run[] {
  return Array.from({ length: height }, (_, row) => {
    const y = (row + 0.5) / height;
    const crossings = region
      .flatMap(([x1, y1], at) => {
        const [x2, y2] = region[(at + 1) % region.length]!;
        return y1 <= y === y2 <= y ? [] : [x1 + ((y - y1) / (y2 - y1)) * (x2 - x1)];
      })
      .sort((left, right) => left - right)
      .map((x) => row * width + Math.ceil(x * width - 0.5));
    return Array.from(
      { length: crossings.length / 2 },
      (_, pair): Run => [crossings[2 * pair]!, crossings[2 * pair + 1]!],
    );
  }).flat();
}
