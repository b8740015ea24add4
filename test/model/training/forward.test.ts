import type { Tensor as TensorflowTensor } from '@tensorflow/tfjs-node-gpu';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import t from 'tap';
import { runPlain } from '../../../model/engines/plain.js';
import { seededRandom } from '../../../model/initial-weights.js';
import type { Layer } from '../../../model/layer.js';
import { defineNetwork } from '../../../model/network.js';
import { buildNetwork, networkNames } from '../../../model/networks/index.js';
import { LayerList } from '../../../model/networks/layer-list.js';
import { GRAPH_INPUT } from '../../../model/onnx/float-layers.js';
import { buildGraph } from '../../../model/onnx/graph.js';
import { createTrainable, predict } from '../../../model/training/trainable.js';
import { narrow, randomWeights } from '../engines/random-weights.js';
import { tensorflow, withoutTensorflow } from './tensorflow-or-skip.js';

const normalisation = { mean: [0.4, 0.5, 0.6], std: [0.2, 0.25, 0.3] };

function noise(height: number, width: number, seed = 1) {
  const random = seededRandom(seed);
  return { width, height, data: Uint8Array.from({ length: width * height * 3 }, () => random() * 256) };
}

/** Networks whose plain loops would take minutes: they are tried with an eighth of their filters. */
const HUGE = ['segnet', 'fcn', 'fcn-learnt-deconv', 'deeplab-largefov', 'deconvnet', 'unet'];

for (const name of networkNames) {
  t.test(
    `${name} on TensorFlow gives the mask of the plain implementation at an odd size`,
    { skip: withoutTensorflow },
    async (t) => {
      const whole = buildNetwork(name, 5);
      const network = HUGE.includes(name) ? narrow(whole, 8) : whole;
      const { tensors } = randomWeights(network, 7);
      const trainable = createTrainable(tensorflow!, network, tensors, normalisation);
      t.teardown(() => trainable.dispose());
      const picture = noise(37, 45);
      const { mask } = runPlain(network, { card: { normalisation }, tensors }, picture);
      const ours = predict(tensorflow!, trainable, picture);
      const same = ours.filter((value, i) => value === mask.data[i]).length;
      t.ok(same >= 0.999 * ours.length, `${same} of ${ours.length} pixels`);
    },
  );
}

t.test(
  'every form of layer gives the plain scores, at sizes smaller than a kernel too',
  { skip: withoutTensorflow },
  async (t) => {
    const tf = tensorflow!;
    const network = everyLayer();
    const { tensors } = randomWeights(network, 7);
    const trainable = createTrainable(tf, network, tensors, normalisation);
    t.teardown(() => trainable.dispose());
    for (const [height, width] of [
      [37, 45],
      [36, 50],
      [9, 8],
      [4, 3],
    ] as const) {
      const picture = noise(height, width);
      const { scores } = runPlain(network, { card: { normalisation }, tensors }, picture);
      const ours = tf.tidy(() => {
        const images = tf.tensor4d(picture.data, [1, height, width, 3], 'int32');
        return tf.transpose(trainable.scores(images, { training: false }), [0, 3, 1, 2]).dataSync();
      });
      const largest = scores.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      const apart = scores.data.reduce((most, value, i) => Math.max(most, Math.abs(value - ours[i]!)), 0) / largest;
      t.ok(apart < 1e-5, `${width}x${height}: apart by ${apart.toExponential(1)}`);
    }
  },
);

t.test('the gradient of every kind of layer is the numerical one', { skip: withoutTensorflow }, async (t) => {
  const tf = tensorflow!;
  const network = everyLayer();
  const kinds = Object.keys(OPERATIONS);
  t.same([...new Set(network.layers.map(({ op }) => op))].sort(), kinds.sort(), 'no kind of layer is left out');
  const { tensors } = randomWeights(network, 3);
  const trainable = createTrainable(tf, network, tensors, normalisation);
  t.teardown(() => trainable.dispose());
  const images = tf.tensor4d(noise(9, 11).data, [1, 9, 11, 3], 'int32');
  const weights = tf.randomNormal([1, 9, 11, 3], 0, 1, 'float32', 5);
  const value = () =>
    tf.tidy(() => tf.sum(tf.mul(trainable.scores(images, { training: true, seed: 1 }), weights)).asScalar());
  const trained = trainable.parameters.filter((parameter) => parameter.trainable);
  const { grads } = tf.variableGrads(
    value,
    trained.map(({ name }) => trainable.variables.get(name)!),
  );
  for (const { name } of trained) {
    const variable = trainable.variables.get(name)!;
    const gradient = Float32Array.from(grads[variable.name]!.dataSync());
    const data = Float32Array.from(variable.dataSync());
    // The steepest element: there the numerical difference stands out of float32's noise.
    const i = gradient.reduce((best, each, index) => (Math.abs(each) > Math.abs(gradient[best]!) ? index : best), 0);
    const at = (step: number) => {
      const moved = Float32Array.from(data);
      moved[i]! += step;
      variable.assign(tf.tensor(moved, variable.shape) as TensorflowTensor);
      return value().dataSync()[0]!;
    };
    const step = 2e-3;
    const numerical = (at(step) - at(-step)) / (2 * step);
    at(0);
    const error = Math.abs(numerical - gradient[i]!) / Math.max(1, Math.abs(numerical));
    t.ok(error < 0.03, `${name}: ${gradient[i]} against ${numerical}`);
  }
});

for (const network of [everyLayer(), narrow(buildNetwork('segnet-basic', 5), 8), buildNetwork('segnet-lite', 5)]) {
  t.test(`the scores of ${network.name} on TensorFlow are ONNX Runtime's`, { skip: withoutTensorflow }, async (t) => {
    const tf = tensorflow!;
    const weights = randomWeights(network, 7);
    const trainable = createTrainable(tf, network, weights.tensors, weights.card.normalisation);
    t.teardown(() => trainable.dispose());
    const { width, height, data } = noise(37, 45);
    const graph = buildGraph(network, weights, { width, height, unpool: 'indices', output: 'scores' });
    const session = await InferenceSession.create(graph);
    t.teardown(() => session.release());
    const { scores } = await session.run({ [GRAPH_INPUT]: new Tensor('uint8', data, [1, height, width, 3]) });
    const ours = tf.tidy(() => {
      const images = tf.tensor4d(data, [1, height, width, 3], 'int32');
      return tf.transpose(trainable.scores(images, { training: false }), [0, 3, 1, 2]).dataSync();
    });
    t.same(scores!.dims, [1, network.classes, height, width]);
    const theirs = scores!.data as Float32Array;
    const largest = theirs.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const apart = theirs.reduce((most, value, i) => Math.max(most, Math.abs(value - ours[i]!)), 0) / largest;
    t.ok(apart < 1e-4, `apart by ${apart.toExponential(1)}`);
  });
}

/** Checked by the compiler to be every one that a layer can have. */
const OPERATIONS: Readonly<Record<Layer['op'], true>> = {
  input: true,
  conv: true,
  deconv: true,
  maxPool: true,
  maxUnpool: true,
  batchNorm: true,
  relu: true,
  prelu: true,
  add: true,
  concat: true,
  resizeBilinear: true,
  padChannels: true,
  dropout: true,
};

/** A small network with each operation in it, those with several forms in each form. */
function everyLayer() {
  const net = new LayerList();
  const wide = net.batchNorm('bn', net.conv('conv', 'image', 6, 3, { bias: true }));
  const active = net.prelu('prelu', wide);
  const pooled = net.maxPool('pool', active);
  const dilated = net.conv('dilated', pooled, 6, 3, { dilation: 2 });
  const depthwise = net.conv('depthwise', dilated, 6, 3, { groups: 6 });
  const gappy = net.conv('gappy', depthwise, 6, [3, 2], { groups: 6, dilation: 3 });
  const strided = net.conv('strided', gappy, 4, 2, { stride: 2 });
  const stridedGappy = net.conv('strided_gappy', active, 6, [2, 3], { stride: 2, dilation: 3, bias: true });
  const stridedDepthwise = net.conv('strided_depthwise', active, 6, 3, { stride: 2, dilation: 2, groups: 6 });
  const asymmetric = net.conv('asymmetric', strided, 4, [1, 3]);
  const padded = net.padChannels('padded', asymmetric, 6);
  const up = net.deconv('up', padded, 6, 3, 2, 'pool', { bias: true });
  const fixed = net.relu('relu', net.deconv('fixed', padded, 6, 4, 2, 'pool', { initial: 'bilinear', learnt: false }));
  const downs = net.add('downs', stridedGappy, stridedDepthwise);
  const sum = net.add('sum', net.add('ups', up, fixed), net.add('more', downs, net.maxPool('same', dilated, 3, 1)));
  const unpooled = net.maxUnpool('unpool', net.dropout('drop', sum, 0.2, true), 'pool');
  const resized = net.resizeBilinear('resized', net.batchNorm('bn2', net.conv('narrow', pooled, 2, 1)), 'image');
  net.conv('classifier', net.concat('concat', [unpooled, resized, 'image']), 3, 1, { bias: true });
  return defineNetwork({
    name: 'every-layer',
    title: 'Every layer',
    classes: 3,
    layers: net.layers,
    decoderStart: 'up',
  });
}
