import { stringify } from 'yaml';
import type { WeightsCard } from '../model/weights.js';

/** Renders the card of a weights file for people to read, without the ranges of the layers' values. */
export function renderCard({ classes, calibration, ...card }: WeightsCard): string {
  const { ranges: _, ...calibrated } = calibration ?? {};
  const names = classes.map(({ name }) => name);
  const shown = { ...card, classes: names, ...(calibration !== undefined && { calibration: calibrated }) };
  return stringify(shown, { lineWidth: 120 }).trimEnd();
}
