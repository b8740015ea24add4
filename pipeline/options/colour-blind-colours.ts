import type { ClassLabel } from '../../model/engine.js';

/**
 * Twelve colours, by class index, that remain distinct in normal, red-blind, green-blind and blue-blind vision: the nearest two
 * differ by 31 in CIE Lab after the simulation of Machado et al. (2009). They are in CamVid's order, from sky to void.
 */
export const colourBlindColours: readonly ClassLabel['colour'][] = [
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
