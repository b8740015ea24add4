import type { ClassMask } from '../model/engine.js';

/**
 * Returns each class's share of a mask's pixels, by class index. The shares sum to 1 less that of pixels of no class
 * (255, void).
 *
 * This runs on the main thread for every frame. Neighbouring pixels mostly have one class, and an increment has to wait
 * for the previous one of the same counter: four counters per class, used in turn, take half the time of one (0.11 ms
 * for 448x336).
 */
export function countShares({ data }: ClassMask, classes: number): number[] {
  const counts = new Uint32Array(4 * 256);
  const whole = data.length & ~3;
  for (let i = 0; i < whole; i += 4) {
    counts[data[i]!]! += 1;
    counts[256 + data[i + 1]!]! += 1;
    counts[512 + data[i + 2]!]! += 1;
    counts[768 + data[i + 3]!]! += 1;
  }
  for (let i = whole; i < data.length; i += 1) counts[data[i]!]! += 1;
  const countOf = (c: number) => counts[c]! + counts[256 + c]! + counts[512 + c]! + counts[768 + c]!;
  return Array.from({ length: classes }, (_, c) => countOf(c) / data.length);
}
