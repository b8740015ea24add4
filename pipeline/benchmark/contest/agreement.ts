import type { Engine } from '../../../model/engine.js';
import type { BenchmarkWeights } from '../benchmark-weights.js';

/**
 * The share of pixels that has to come out as the first contestant's did, for both to have done the same work. In float32
 * it is that of the engines' contract; with random weights a little less, because 26 layers of them let the order of sums decide
 * 0.2 % of SegNet's pixels. int8 rounds: what that costs in accuracy is for `evaluate` to tell, and with random
 * weights, whose scores lie close to each other, rounding decides many pixels.
 */
export function leastAgreement(precision: Engine['precision'], origin: BenchmarkWeights['origin']): number {
  if (precision === 'float32') return origin === 'packaged' ? 0.999 : 0.997;
  return origin === 'packaged' ? 0.9 : 0.4;
}

/** The share of equal bytes of two sets of masks, 0 to 1; 0 where they are not of one size. */
export function agreementOf(masks: Uint8Array, others: Uint8Array): number {
  if (masks.length !== others.length || masks.length === 0) return 0;
  let same = 0;
  for (let i = 0; i < masks.length; i += 1) if (masks[i] === others[i]) same += 1;
  return same / masks.length;
}
