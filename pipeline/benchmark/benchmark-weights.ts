import { camvid11 } from '../../model/classes.js';
import type { RgbPicture } from '../../model/engine.js';
import { initialWeights } from '../../model/initial-weights.js';
import { buildNetwork } from '../../model/networks/index.js';
import type { Weights } from '../../model/weights.js';
import { findWeights, packagedNetworks } from '../options/find-weights.js';

/** Weights with which a network is measured. */
export interface BenchmarkWeights {
  readonly weights: Weights;
  /** Trained weights, or random ones as at the start of training, which are as fast but give meaningless masks. */
  readonly origin: 'packaged' | 'random';
}

/** The packaged weights of a network, or random ones if the package has none. @throws `Failure` `NETWORK_UNKNOWN`. */
export async function benchmarkWeights(network: string): Promise<BenchmarkWeights> {
  if ((await packagedNetworks()).includes(network)) {
    const { weights } = await findWeights({ network });
    return { weights, origin: 'packaged' };
  }
  const { classes } = camvid11;
  const card = {
    network,
    classes,
    normalisation: { mean: [0.41, 0.42, 0.43], std: [0.3, 0.31, 0.29] },
    inputSize: { width: 480, height: 360 },
  };
  return { weights: { card, tensors: initialWeights(buildNetwork(network, classes.length), 1) }, origin: 'random' };
}

/** This many frames give ranges good enough for timing int8. */
const CALIBRATION_FRAMES = 2;

/** Weights for int8: unchanged if they are calibrated, otherwise calibrated with the first frames. */
export async function calibrated(weights: Weights, frames: readonly RgbPicture[]): Promise<Weights> {
  if (weights.card.calibration !== undefined) return weights;
  const { quantiseWeights } = await import('../../model/quantisation/quantise-weights.js');
  // All layers in int8, whatever the loss, since only time is measured.
  return quantiseWeights(weights, { pictures: frames.slice(0, CALIBRATION_FRAMES), tolerance: 100 });
}
