import { camvid11 } from '../../model/classes.js';
import type { RgbPicture } from '../../model/engine.js';
import { initialWeights } from '../../model/initial-weights.js';
import { buildNetwork } from '../../model/networks/index.js';
import type { Weights } from '../../model/weights.js';
import { findWeights, packagedNetworks } from '../options/find-weights.js';

/** Weights to measure a network with. */
export interface BenchmarkWeights {
  readonly weights: Weights;
  /** Trained, or random numbers of the sizes of training's start: as fast, but its masks show nothing. */
  readonly origin: 'packaged' | 'random';
}

/** The packaged weights of a network, or random ones where none come with the package. @throws `Failure` `NETWORK_UNKNOWN`. */
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

/** So many frames tell the ranges well enough to time int8. */
const CALIBRATION_FRAMES = 2;

/** Weights that int8 can be computed with: as they are if they are calibrated, else calibrated with the first frames. */
export async function calibrated(weights: Weights, frames: readonly RgbPicture[]): Promise<Weights> {
  if (weights.card.calibration !== undefined) return weights;
  const { quantiseWeights } = await import('../../model/quantisation/quantise-weights.js');
  // All of it in int8, whatever that loses: it is time that is asked for.
  return quantiseWeights(weights, { pictures: frames.slice(0, CALIBRATION_FRAMES), tolerance: 100 });
}
