import { join } from 'node:path';
import { camvid11 } from '../../../model/classes.js';
import { initialWeights } from '../../../model/initial-weights.js';
import { buildNetwork } from '../../../model/networks/index.js';
import { writeWeights } from '../../../model/weights.js';

/** Writes a network (ENet, the smallest) with random weights for small pictures: real work, done fast. Gives the path. */
export async function writeRandomWeights(folder: string, seed = 1, network = 'enet'): Promise<string> {
  const path = join(folder, `random-${seed}.safetensors`);
  const { classes } = camvid11;
  const card = {
    network,
    classes,
    normalisation: { mean: [0.4, 0.4, 0.4], std: [0.25, 0.25, 0.25] },
    inputSize: { width: 64, height: 48 },
  };
  await writeWeights(path, { card, tensors: initialWeights(buildNetwork(network, classes.length), seed) });
  return path;
}
