import { optionInvalid } from '../../model/check-option.js';
import type { Size } from '../../model/size.js';

/** The smallest side that the pools of every network can still halve, and the largest side that engines get. */
const [SMALLEST, LARGEST] = [32, 8192];

/**
 * Parses `480x360`, width first.
 *
 * @throws `Failure` `OPTION_INVALID` where it is malformed or a side is not from 32 to 8192.
 */
export function parseSize(name: string, value: unknown): Size {
  const [width, height] = sides(value);
  const fits = (side: unknown) => Number.isInteger(side) && (side as number) >= SMALLEST && (side as number) <= LARGEST;
  if (!fits(width) || !fits(height)) {
    throw optionInvalid(name, `WIDTHxHEIGHT with sides from ${SMALLEST} to ${LARGEST}, like 480x360`, value);
  }
  return { width: width as number, height: height as number };
}

function sides(value: unknown): readonly unknown[] {
  if (typeof value === 'string') return (/^(\d+)x(\d+)$/i.exec(value.trim()) ?? []).slice(1).map(Number);
  if (typeof value === 'object' && value !== null && 'width' in value && 'height' in value)
    return [value.width, value.height];
  return [];
}
