import { Failure } from './failure.js';
import type { Layer } from './layer.js';
import type { Network } from './network.js';
import type { WeightsCard } from './weights.js';

/** The values that a layer's maps take: what 0 and 255 stand for. */
export type Range = readonly [low: number, high: number];

/** What int8 needs to know of a network besides its weights; a weights file carries it in its card. */
export interface Calibration {
  /** How the ranges were chosen, `percentile 99.99`: for people. */
  readonly method: string;
  /** By layer, of those that `foldBatchNorm` leaves. */
  readonly ranges: Readonly<Record<string, Range>>;
  /** Layers that stay in float32 because they lose too much. */
  readonly float: readonly string[];
  /** What was measured of it: for people. */
  readonly measured?: Readonly<Record<string, unknown>>;
}

/** What gives bytes of the range that it reads: no range of its own is needed. */
const KEEPS_RANGE: ReadonlySet<Layer['op']> = new Set(['input', 'maxPool', 'maxUnpool', 'padChannels', 'dropout']);

/** Whether a layer's values are to be watched for their range. */
export function needsRange({ op }: Layer): boolean {
  return !KEEPS_RANGE.has(op);
}

/**
 * The calibration that a card carries, if it does.
 *
 * @param network If it is given, each of its layers that needs a range has to have one.
 * @throws `Failure` `WEIGHTS_INVALID` where it is not one.
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
  // Batch normalisations may have become part of other layers.
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

/** What to say where int8 is asked of weights that carry no calibration. */
export function uncalibrated(): Failure {
  const how = 'run `segnet-stream quantize` on them first';
  return new Failure(
    'OPTION_INVALID',
    `Expected weights that are calibrated for the precision int8, got none that are: ${how}`,
  );
}
