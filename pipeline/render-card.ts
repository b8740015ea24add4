import { stringify } from 'yaml';
import type { WeightsCard } from '../model/weights.js';

/** The card of a weights file for people to read: all but the range of each layer's values. */
export function renderCard({ classes, calibration, ...card }: WeightsCard): string {
  const { ranges: _, ...calibrated } = calibration ?? {};
  const names = classes.map(({ name }) => name);
  const shown = { ...card, classes: names, ...(calibration !== undefined && { calibration: calibrated }) };
  return stringify(shown, { lineWidth: 120 }).trimEnd();
}
