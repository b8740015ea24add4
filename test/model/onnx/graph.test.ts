import { InferenceSession, Tensor } from 'onnxruntime-node';
import t from 'tap';
import type { RgbPicture } from '../../../model/engine.js';
import { runPlain, runPlainLayers } from '../../../model/engines/plain.js';
import type { Layer } from '../../../model/layer.js';
import type { Network } from '../../../model/network.js';
import { buildNetwork, networkNames } from '../../../model/networks/index.js';
import { GRAPH_INPUT } from '../../../model/onnx/float-layers.js';
import { foldBatchNorm } from '../../../model/onnx/fold-batch-norm.js';
import { buildGraph, type GraphOptions } from '../../../model/onnx/graph.js';
import type { Weights } from '../../../model/weights.js';
import { narrow, randomWeights, testPictures } from '../engines/random-weights.js';

/** The scores of one picture by ONNX Runtime. */
async function runGraph(network: Network, weights: Weights, picture: RgbPicture, unpool: GraphOptions['unpool']) {
  const { width, height } = picture;
  const session = await InferenceSession.create(
    buildGraph(network, weights, { width, height, unpool, output: 'scores' }),
  );
  try {
    const results = await session.run({ [GRAPH_INPUT]: new Tensor('uint8', picture.data, [1, height, width, 3]) });
    return results.scores!.data as Float32Array;
  } finally {
    await session.release();
  }
}

/** The largest difference, as a share of the largest value. */
function difference(left: ArrayLike<number>, right: ArrayLike<number>): number {
  let largest = 0;
  let apart = left.length === right.length ? 0 : Number.POSITIVE_INFINITY;
  for (let i = 0; i < left.length; i += 1) {
    largest = Math.max(largest, Math.abs(right[i]!));
    apart = Math.max(apart, Math.abs(left[i]! - right[i]!));
  }
  return apart / largest;
}

for (const name of networkNames) {
  t.test(
    `the scores of ${name} are those of the plain implementation, unpooled by indices and by planes`,
    async (t) => {
      const network = narrow(buildNetwork(name, 5), 16);
      const weights = randomWeights(network, 11);
      const pictures = testPictures(37, 27, 3);
      for (const title of ['noise', 'flat halves']) {
        const picture = pictures[title]!;
        const { scores } = runPlain(network, weights, picture);
        for (const unpool of ['indices', 'planes'] as const) {
          const apart = difference(await runGraph(network, weights, picture, unpool), scores.data);
          t.ok(apart < 1e-5, `${title}, ${unpool}: apart by ${apart.toExponential(1)}`);
        }
      }
    },
  );
}

t.test('batch normalisation goes into the convolution that it alone reads, and stays elsewhere', async (t) => {
  const convolution = {
    op: 'conv',
    kernel: [3, 3],
    stride: 1,
    dilation: 1,
    groups: 1,
    bias: false,
    filters: 4,
  } as const;
  const layers: Layer[] = [
    { op: 'input', name: 'image', channels: 3 },
    { ...convolution, name: 'alone', from: 'image' },
    { op: 'batchNorm', name: 'alone_bn', from: 'alone', epsilon: 1e-5 },
    { ...convolution, name: 'shared', from: 'alone_bn' },
    { op: 'batchNorm', name: 'shared_bn', from: 'shared', epsilon: 1e-5 },
    { op: 'add', name: 'sum', from: ['shared', 'shared_bn'] },
    { op: 'maxPool', name: 'pool', from: 'sum', kernel: 2, stride: 2 },
    {
      op: 'deconv',
      name: 'up',
      from: 'pool',
      filters: 5,
      kernel: [3, 3],
      stride: 2,
      bias: true,
      like: 'alone_bn',
      initial: 'he',
      learnt: true,
    },
    { op: 'batchNorm', name: 'up_bn', from: 'up', epsilon: 1e-5 },
    { op: 'batchNorm', name: 'twice_bn', from: 'up_bn', epsilon: 1e-5 },
  ];
  const network: Network = { name: 'test', title: 'Test', classes: 5, layers, decoderStart: 'up' };
  const { tensors } = randomWeights(network, 3);
  const folded = foldBatchNorm(network, tensors);
  t.strictSame(
    folded.layers.map(({ name }) => name),
    ['image', 'alone', 'shared', 'shared_bn', 'sum', 'pool', 'up'],
  );
  const input = { channels: 3, height: 7, width: 9, data: Float32Array.from({ length: 189 }, (_, i) => Math.sin(i)) };
  const before = runPlainLayers(layers, tensors, input).scores;
  const after = runPlainLayers(folded.layers, folded.tensors, input).scores;
  t.ok(difference(after.data, before.data) < 1e-5);
});
