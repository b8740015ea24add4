import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RgbPicture } from '../../../model/engine.js';
import { buildNetwork } from '../../../model/networks/index.js';
import { foldBatchNorm } from '../../../model/onnx/fold-batch-norm.js';
import { buildGraph } from '../../../model/onnx/graph.js';
import { writeSafetensors } from '../../../model/safetensors.js';
import { type Weights, writeWeights } from '../../../model/weights.js';
import { makeTemporaryFolder } from '../../../operators/make-folder.js';

/** The work of all contestants: one network, its weights and the frames, as files in a folder. */
export interface Workload {
  readonly folder: string;
  readonly network: string;
  readonly width: number;
  readonly height: number;
  /** The number of frames, which contestants process repeatedly. */
  readonly frames: number;
}

/** The names of a workload's files in its folder. */
export const workloadFiles = {
  /** For this project's engines. */
  weights: 'weights.safetensors',
  /** 8-bit RGB, consecutive frames. */
  frames: 'frames.rgb',
  /** For other runtimes: ONNX in float32 with masks as output, unpooling by MaxUnpool or only by standard operators. */
  indicesGraph: 'indices.onnx',
  planesGraph: 'planes.onnx',
  /** For PyTorch: the layers in this project's form, with folded batch normalisation, and their tensors. */
  layers: 'layers.json',
  tensors: 'folded.safetensors',
} as const;

/** Writes a workload into a temporary folder; `peers` adds the files that only other runtimes read. */
export async function writeWorkload(
  weights: Weights,
  frames: readonly RgbPicture[],
  { peers }: { readonly peers: boolean },
): Promise<Workload> {
  const { width, height } = frames[0]!;
  const folder = await makeTemporaryFolder('segnet-stream-benchmark-');
  const path = (file: keyof typeof workloadFiles) => join(folder, workloadFiles[file]);
  const card = { ...weights.card, inputSize: { width, height } };
  await writeWeights(path('weights'), { ...weights, card });
  await writeFile(path('frames'), Buffer.concat(frames.map(({ data }) => data)));
  if (peers) {
    const network = buildNetwork(card.network, card.classes.length);
    for (const unpool of ['indices', 'planes'] as const) {
      await writeFile(path(`${unpool}Graph`), buildGraph(network, weights, { width, height, unpool, output: 'mask' }));
    }
    const { layers, tensors } = foldBatchNorm(network, weights.tensors);
    await writeFile(path('layers'), JSON.stringify({ layers, normalisation: card.normalisation }));
    await writeSafetensors(path('tensors'), {}, tensors);
  }
  return { folder, network: card.network, width, height, frames: frames.length };
}

/** Removes a workload's folder. */
export function removeWorkload({ folder }: Workload): Promise<void> {
  return rm(folder, { recursive: true, force: true });
}
