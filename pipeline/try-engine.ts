import { createOnnxEngine } from '../model/engines/onnx.js';
import { PROVIDERS, type Provider } from '../model/engines/onnx-providers.js';
import { createTensorflowEngine } from '../model/engines/tensorflow.js';
import { initialWeights } from '../model/initial-weights.js';
import { defineNetwork } from '../model/network.js';
import type { Weights } from '../model/weights.js';

/*
 * `doctor` runs this as a separate process, with `tensorflow` or a provider of onnx as argument. It segments one picture with a
 * tiny network and sends `{ description }` or `{ reason }`. If a driver crashes, only this process ends.
 */

const convolution = { op: 'conv', kernel: [3, 3], stride: 1, dilation: 1, groups: 1, bias: true } as const;

/** A tiny network with every kind of layer that SegNet has. */
const tiny = defineNetwork({
  name: 'tiny',
  title: 'Tiny',
  classes: 2,
  layers: [
    { op: 'input', name: 'image', channels: 3 },
    { ...convolution, name: 'conv', from: 'image', filters: 4 },
    { op: 'maxPool', name: 'pool', from: 'conv', kernel: 2, stride: 2 },
    { op: 'maxUnpool', name: 'unpool', from: 'pool', indicesOf: 'pool' },
    { ...convolution, name: 'scores', from: 'unpool', filters: 2 },
  ],
  decoderStart: 'unpool',
});

const weights: Weights = {
  card: {
    network: tiny.name,
    classes: [
      { name: 'one', colour: [0, 0, 0] },
      { name: 'two', colour: [255, 255, 255] },
    ],
    normalisation: { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] },
    inputSize: { width: 16, height: 12 },
  },
  tensors: initialWeights(tiny, 1),
};

function isProvider(name: string): name is Provider {
  return name in PROVIDERS;
}

async function tryEngine(name: string): Promise<{ description: string } | { reason: string }> {
  try {
    const engine = isProvider(name)
      ? await createOnnxEngine({ weights, network: tiny, provider: name })
      : await createTensorflowEngine({ weights, network: tiny });
    const { width, height } = weights.card.inputSize;
    await engine.segment([{ width, height, data: new Uint8Array(width * height * 3) }]);
    await engine.close();
    return { description: engine.description };
  } catch (error) {
    return { reason: (error as Error).message };
  }
}

const found = await tryEngine(process.argv[2]!);
// Some native libraries do not end their threads, so exit once the answer is sent.
process.send!(found, () => process.exit());
