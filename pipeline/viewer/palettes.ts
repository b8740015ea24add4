import type { ClassInfo } from '../client/protocol.js';

/** Red, green, blue, each 0-255. */
export type Colour = readonly [number, number, number];

/**
 * Thirteen colours that people with any of the common colour blindnesses tell apart, after Paul Tol's `muted` and `bright` schemes
 * and Okabe and Ito's, in an order in which neighbours on a road (road, side-walk, car, pedestrian) differ in lightness too.
 */
const COLOUR_BLIND_SAFE: readonly Colour[] = [
  [136, 204, 238],
  [136, 34, 85],
  [240, 228, 66],
  [68, 68, 68],
  [221, 204, 119],
  [17, 119, 51],
  [213, 94, 0],
  [187, 187, 187],
  [0, 68, 136],
  [255, 255, 255],
  [238, 119, 182],
  [68, 170, 153],
  [170, 68, 153],
];

/** The ways to colour classes that the page offers, by name. */
export const PALETTES: Readonly<Record<string, (classes: readonly ClassInfo[]) => readonly Colour[]>> = {
  standard: (classes) => classes.map((label) => label.colour),
  'colour-blind safe': (classes) => classes.map((_, index) => COLOUR_BLIND_SAFE[index % COLOUR_BLIND_SAFE.length]!),
};
