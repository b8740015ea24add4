import type { Engine } from '../../../model/engine.js';
import type { BenchmarkWeights } from '../benchmark-weights.js';

/**
 * The share of pixels that must agree with the first contestant for both to have done the same work. In float32 it is that of
 * the engines' contract, and a little less with random weights, where the order of sums decides 0.2 % of SegNet's pixels after
 * 26 layers. int8 rounds, whose cost in accuracy `evaluate` measures; with random weights scores are close together, so
 * rounding decides many pixels.
 */
export function leastAgreement(precision: Engine['precision'], origin: BenchmarkWeights['origin']): number {
  if (precision === 'float32') return origin === 'packaged' ? 0.999 : 0.997;
  return origin === 'packaged' ? 0.9 : 0.4;
}

/** The share of equal bytes in two sets of masks, 0 to 1; 0 if their sizes differ. */
export function agreementOf(masks: Uint8Array, others: Uint8Array): number {
  if (masks.length !== others.length || masks.length === 0) return 0;
  let same = 0;
  for (let i = 0; i < masks.length; i += 1) if (masks[i] === others[i]) same += 1;
  return same / masks.length;
}
