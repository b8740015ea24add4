import type { ClassInfo } from '../client/protocol.js';
import { colourBlindColours } from '../options/colour-blind-colours.js';

/** Red, green, blue, each 0-255. */
export type Colour = readonly [number, number, number];

/** The palettes that the page offers, by name. */
export const PALETTES: Readonly<Record<string, (classes: readonly ClassInfo[]) => readonly Colour[]>> = {
  standard: (classes) => classes.map((label) => label.colour),
  'colour-blind safe': (classes) => classes.map((_, index) => colourBlindColours[index % colourBlindColours.length]!),
};
