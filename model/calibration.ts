import { Failure } from './failure.js';
import type { Layer } from './layer.js';
import type { Network } from './network.js';
import type { WeightsCard } from './weights.js';

/** The range of the values in a layer's maps: the values that 0 and 255 stand for. */
export type Range = readonly [low: number, high: number];

/** What int8 needs besides a network's weights. A weights file carries it in its card. */
export interface Calibration {
  /** How the ranges were chosen, for people to read: `percentile 99.99`. */
  readonly method: string;
  /** By layer name, for the layers that remain after `foldBatchNorm`. */
  readonly ranges: Readonly<Record<string, Range>>;
  /** Layers that stay in float32 because int8 costs them too much accuracy. */
  readonly float: readonly string[];
  /** What was measured, for people to read. */
  readonly measured?: Readonly<Record<string, unknown>>;
}

/** Layers whose output has the range of their input, so they need no range of their own. */
const KEEPS_RANGE: ReadonlySet<Layer['op']> = new Set(['input', 'maxPool', 'maxUnpool', 'padChannels', 'dropout']);

/** True for a layer whose values have to be observed to find their range. */
export function needsRange({ op }: Layer): boolean {
  return !KEEPS_RANGE.has(op);
}

/**
 * The calibration that a card carries, or undefined if it carries none.
 *
 * @param network If given, every layer of it that needs a range must have one.
 * @throws `Failure` `WEIGHTS_INVALID` where the calibration is malformed.
 */
export function calibrationOf(card: WeightsCard, network?: Network): Calibration | undefined {
  const { calibration } = card;
  if (calibration === undefined) return undefined;
  const { ranges, float } = (calibration ?? {}) as Partial<Calibration>;
  const isRange = (range: unknown) =>
    Array.isArray(range) && range.length === 2 && range.every(Number.isFinite) && range[0] <= range[1];
  const isRight =
    typeof ranges === 'object' && ranges !== null && Object.values(ranges).every(isRange) && Array.isArray(float);
  if (!isRight) {
    const expected = 'ranges of two numbers each and a list of float layers';
    throw new Failure(
      'WEIGHTS_INVALID',
      `Expected the calibration for int8 of the ${card.network} weights to hold ${expected}`,
    );
  }
  // Batch normalisations may have been folded into other layers.
  const lacking = network?.layers.find(
    (layer) => needsRange(layer) && layer.op !== 'batchNorm' && !Object.hasOwn(ranges, layer.name),
  );
  if (lacking !== undefined) {
    throw new Failure(
      'WEIGHTS_INVALID',
      `Expected the calibration for int8 of the ${card.network} weights to hold a range of ${lacking.name}, found none`,
    );
  }
  return calibration as unknown as Calibration;
}

/** The failure for int8 with weights that carry no calibration. */
export function uncalibrated(): Failure {
  const how = 'run `segnet-stream quantize` on them first';
  return new Failure(
    'OPTION_INVALID',
    `Expected weights that are calibrated for the precision int8, got none that are: ${how}`,
  );
}
