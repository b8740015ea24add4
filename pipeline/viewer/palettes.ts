import type { ClassInfo } from '../client/protocol.js';

/** Red, green, blue, each 0-255. */
export type Colour = readonly [number, number, number];

/**
 * The colours of `--palette colour-blind` (pipeline/options/palettes.ts, which reads files and so cannot be part of a page; a test
 * holds the two together).
 */
export const COLOUR_BLIND_COLOURS: readonly Colour[] = [
  [32, 150, 255],
  [111, 24, 0],
  [167, 255, 142],
  [124, 49, 151],
  [232, 128, 182],
  [0, 94, 86],
  [255, 255, 255],
  [150, 161, 109],
  [88, 14, 197],
  [231, 99, 22],
  [255, 210, 0],
  [0, 0, 0],
];

/** The ways to colour classes that the page offers, by name. */
export const PALETTES: Readonly<Record<string, (classes: readonly ClassInfo[]) => readonly Colour[]>> = {
  standard: (classes) => classes.map((label) => label.colour),
  'colour-blind safe': (classes) =>
    classes.map((_, index) => COLOUR_BLIND_COLOURS[index % COLOUR_BLIND_COLOURS.length]!),
};
