import { env, InferenceSession, Tensor } from 'onnxruntime-node';
import t from 'tap';
import type { Calibration } from '../../../model/calibration.js';
import type { RgbPicture } from '../../../model/engine.js';
import { runPlain, runPlainLayers } from '../../../model/engines/plain.js';
import type { Layer } from '../../../model/layer.js';
import type { Network } from '../../../model/network.js';
import { buildNetwork, networkNames } from '../../../model/networks/index.js';
import { GRAPH_INPUT } from '../../../model/onnx/float-layers.js';
import { buildInt8Graph, type Int8GraphOptions } from '../../../model/onnx/int8-graph.js';
import { observeLayers } from '../../../model/quantisation/observe.js';
import type { Weights } from '../../../model/weights.js';
import { agreement, narrow, randomWeights, testPictures } from '../engines/random-weights.js';

t.setTimeout(300_000);
env.logLevel = 'error';

/** Ranges that hold every value that the pictures give. */
async function calibrate(
  network: Network,
  weights: Weights,
  pictures: RgbPicture[],
  float: string[] = [],
): Promise<Calibration> {
  const histograms = await observeLayers(network, weights, pictures);
  const ranges = Object.fromEntries([...histograms].map(([name, each]) => [name, each.percentile(100)]));
  return { method: 'all values', ranges, float };
}

async function run(
  network: Network,
  weights: Weights,
  calibration: Calibration,
  picture: RgbPicture,
  options: Partial<Int8GraphOptions> = {},
) {
  const { width, height } = picture;
  const output = options.output ?? 'scores';
  const graph = buildInt8Graph(network, weights, calibration, { width, height, limit: 127, ...options, output });
  const session = await InferenceSession.create(graph);
  try {
    const results = await session.run({ [GRAPH_INPUT]: new Tensor('uint8', picture.data, [1, height, width, 3]) });
    return results[output]!.data as Float32Array | Uint8Array;
  } finally {
    await session.release();
  }
}

/** How much stronger the signal is than the difference, in decibels. */
function signalToNoise(got: ArrayLike<number>, expected: Float32Array): number {
  const mean = expected.reduce((sum, value) => sum + value, 0) / expected.length;
  let signal = 0;
  let noise = 0;
  expected.forEach((value, i) => {
    signal += (value - mean) ** 2;
    noise += (value - got[i]!) ** 2;
  });
  return 10 * Math.log10(signal / noise);
}

/** Scores in int8, calibrated on the very picture, against the plain ones. */
async function decibelsOf(network: Network, weights: Weights, picture: RgbPicture, float: string[] = []) {
  const calibration = await calibrate(network, weights, [picture], float);
  return signalToNoise(
    await run(network, weights, calibration, picture),
    runPlain(network, weights, picture).scores.data,
  );
}

/**
 * Where an unpool is among the layers, maxima that nearly tie move by a pixel, which random weights make much of: what is left is
 * a test that nothing is wrong altogether. Without unpools 8 bits leave about 30 dB.
 */
const LEAST_DECIBELS = { unpool: 6, none: 18 };

for (const name of networkNames) {
  t.test(`${name} in int8 is near float32, for full and for reduced weights`, async (t) => {
    const network = narrow(buildNetwork(name, 11), 8);
    const weights = randomWeights(network, 7);
    const picture = testPictures(47, 33, 3)['a smooth scene']!;
    const calibration = await calibrate(network, weights, [picture]);
    const { scores } = runPlain(network, weights, picture);
    const least = LEAST_DECIBELS[network.layers.some(({ op }) => op === 'maxUnpool') ? 'unpool' : 'none'];
    for (const limit of [127, 63] as const) {
      const ratio = signalToNoise(await run(network, weights, calibration, picture, { limit }), scores.data);
      t.ok(ratio > least, `weights up to ${limit}: ${ratio.toFixed(1)} dB`);
    }
  });
}

const image: Layer = { op: 'input', name: 'image', channels: 3 };
const conv = { op: 'conv', kernel: [3, 3], stride: 1, dilation: 1, groups: 1, bias: true, filters: 5 } as const;

function networkOf(...layers: Layer[]): Network {
  return { name: 'test', title: 'Test', classes: 5, layers: [image, ...layers], decoderStart: 'image' };
}

t.test('pool and unpool are exact on the bytes, with odd sizes, ties and values below zero', async (t) => {
  const before = networkOf({ ...conv, name: 'conv', from: 'image' });
  const pool: Layer = { op: 'maxPool', name: 'pool', from: 'conv', kernel: 2, stride: 2 };
  const unpool: Layer = { op: 'maxUnpool', name: 'unpool', from: 'pool', indicesOf: 'pool' };
  const after = networkOf({ ...conv, name: 'conv', from: 'image' }, pool, unpool);
  const weights = randomWeights(after, 3);
  for (const [width, height] of [
    [8, 6],
    [9, 7],
    [1, 5],
  ] as const) {
    for (const [title, picture] of Object.entries(testPictures(width, height, 3))) {
      const calibration = await calibrate(after, weights, [picture]);
      const bytes = await run(before, weights, calibration, picture);
      const expected = runPlainLayers([{ ...image, channels: 5, name: 'conv' } as Layer, pool, unpool], new Map(), {
        channels: 5,
        height,
        width,
        data: Float32Array.from(bytes),
      });
      t.strictSame(
        [...(await run(after, weights, calibration, picture))],
        [...expected.scores.data],
        `${title}, ${width}x${height}`,
      );
    }
  }
});

t.test('the padding of the first layer is the mean colour: borders are right', async (t) => {
  for (const layer of [
    { ...conv, name: 'conv', from: 'image' },
    { ...conv, name: 'conv', from: 'image', kernel: [7, 7] },
    { ...conv, name: 'conv', from: 'image', stride: 2 },
    { ...conv, name: 'conv', from: 'image', kernel: [5, 1] },
  ] as Layer[]) {
    const network = networkOf(layer);
    const weights = randomWeights(network, 3);
    const picture = testPictures(11, 7, 1)['saturated white']!;
    const ratio = await decibelsOf(network, weights, picture);
    t.ok(ratio > 30, `${ratio.toFixed(1)} dB`);
  }
});

t.test(
  'what is not in order in memory is put in order: concatenations, added channels, slopes above one',
  async (t) => {
    const network = networkOf(
      { ...conv, name: 'left', from: 'image' },
      { op: 'maxPool', name: 'right', from: 'image', kernel: 3, stride: 1 },
      { op: 'concat', name: 'both', from: ['left', 'right'] },
      { op: 'batchNorm', name: 'norm', from: 'both', epsilon: 1e-5 },
      { op: 'prelu', name: 'leaky', from: 'norm' },
      { op: 'padChannels', name: 'padded', from: 'leaky', channels: 20 },
      { ...conv, name: 'twenty', from: 'both', filters: 20 },
      { op: 'add', name: 'sum', from: ['padded', 'twenty'] },
      { op: 'relu', name: 'relu', from: 'sum' },
      { ...conv, name: 'out', from: 'relu' },
      { op: 'prelu', name: 'steep', from: 'out' },
      { op: 'add', name: 'last', from: ['steep', 'out'] },
    );
    const weights = randomWeights(network, 3);
    weights.tensors.get('steep.weight')!.data.fill(1.5);
    const picture = testPictures(23, 17, 1)['a smooth scene']!;
    const calibration = await calibrate(network, weights, [picture]);
    const { scores, mask } = runPlain(network, weights, picture);
    const ratio = signalToNoise(await run(network, weights, calibration, picture), scores.data);
    t.ok(ratio > 25, `${ratio.toFixed(1)} dB`);
    const masks = await run(network, weights, calibration, picture, { output: 'mask' });
    t.ok(agreement(masks, mask.data) > 0.95, 'empty places behind the last class never win');
  },
);

t.test('bilinear interpolation, which stays float32, between layers on bytes', async (t) => {
  const network = networkOf(
    { ...conv, name: 'large', from: 'image' },
    { op: 'relu', name: 'large_relu', from: 'large' },
    { ...conv, name: 'small', from: 'large_relu', stride: 2 },
    { op: 'relu', name: 'small_relu', from: 'small' },
    { op: 'resizeBilinear', name: 'up', from: 'small_relu', like: 'large' },
    { op: 'add', name: 'sum', from: ['up', 'large_relu'] },
    { ...conv, name: 'out', from: 'sum' },
  );
  const weights = randomWeights(network, 3);
  const picture = testPictures(23, 17, 1)['a smooth scene']!;
  const ratio = await decibelsOf(network, weights, picture);
  t.ok(ratio > 25, `${ratio.toFixed(1)} dB`);
});

t.test('whatever gives the scores, the mask is theirs: no place behind the classes wins', async (t) => {
  const low = (network: Network) => {
    const weights = randomWeights(network, 3);
    for (const [name, { data }] of weights.tensors) if (name.endsWith('.bias')) data.fill(-2);
    return weights;
  };
  const cases: Record<string, Layer[]> = {
    'a convolution of the picture': [{ ...conv, name: 'out', from: 'image' }],
    'a rectangular one': [{ ...conv, name: 'out', from: 'image', kernel: [5, 1] }],
    'a depthwise one': [
      { ...conv, name: 'body', from: 'image' },
      { ...conv, name: 'out', from: 'body', groups: 5 },
    ],
    'a concatenation': [
      { ...conv, name: 'left', from: 'image', filters: 3 },
      { ...conv, name: 'right', from: 'image', filters: 2 },
      { op: 'concat', name: 'out', from: ['left', 'right'] },
    ],
    'a ReLU of a concatenation': [
      { ...conv, name: 'left', from: 'image', filters: 3 },
      { ...conv, name: 'right', from: 'image', filters: 2 },
      { op: 'concat', name: 'both', from: ['left', 'right'] },
      { op: 'batchNorm', name: 'norm', from: 'both', epsilon: 1e-5 },
      { op: 'relu', name: 'out', from: 'norm' },
    ],
  };
  for (const [title, layers] of Object.entries(cases)) {
    const network = networkOf(...layers);
    const weights = low(network);
    const picture = testPictures(23, 17, 1)['a smooth scene']!;
    const calibration = await calibrate(network, weights, [picture]);
    const masks = await run(network, weights, calibration, picture, { output: 'mask' });
    t.ok(
      [...masks].every((index) => index < network.classes),
      `${title}: no class that is none`,
    );
    const share = agreement(masks, runPlain(network, weights, picture).mask.data);
    t.ok(share > 0.95, `${title}: ${(100 * share).toFixed(1)} % as plain`);
  }
});

t.test('PReLU of slopes below zero, whose values its input has no bytes for', async (t) => {
  const network = networkOf(
    { ...conv, name: 'body', from: 'image' },
    { op: 'batchNorm', name: 'norm', from: 'body', epsilon: 1e-5 },
    { op: 'prelu', name: 'leaky', from: 'norm' },
    { ...conv, name: 'out', from: 'leaky' },
  );
  const weights = randomWeights(network, 3);
  weights.tensors.get('norm.bias')!.data.fill(-5);
  for (const slope of [0.25, -0.25, -1]) {
    weights.tensors.get('leaky.weight')!.data.fill(slope);
    const picture = testPictures(23, 17, 1)['a smooth scene']!;
    const ratio = await decibelsOf(network, weights, picture);
    t.ok(ratio > 20, `slope ${slope}: ${ratio.toFixed(1)} dB`);
  }
});

t.test('layers with names of the graph, padding that adds nothing, and pools kept in float32', async (t) => {
  const network = networkOf(
    { ...conv, name: 'mask', from: 'image' },
    { op: 'padChannels', name: 'pictures', from: 'mask', channels: 5 },
    { op: 'maxPool', name: 'Conv_6', from: 'pictures', kernel: 3, stride: 1 },
    { ...conv, name: 'out', from: 'Conv_6' },
  );
  const weights = randomWeights(network, 3);
  const picture = testPictures(23, 17, 1)['a smooth scene']!;
  for (const float of [[], ['Conv_6']]) {
    const ratio = await decibelsOf(network, weights, picture, float);
    t.ok(ratio > 25, `${float}: ${ratio.toFixed(1)} dB`);
  }
});

t.test(
  'a convolution beside a pool of the pictures, normalised together, is one convolution, exact at borders',
  async (t) => {
    const left: Layer = { ...conv, name: 'left', from: 'image', stride: 2, filters: 7 };
    const right: Layer = { op: 'maxPool', name: 'right', from: 'image', kernel: 2, stride: 2 };
    for (const from of [
      ['left', 'right'],
      ['right', 'left'],
    ]) {
      const both: Layer = { op: 'concat', name: 'both', from };
      const norm: Layer = { op: 'batchNorm', name: 'norm', from: 'both', epsilon: 1e-5 };
      const relu: Layer = { op: 'relu', name: 'relu', from: 'norm' };
      const network = networkOf(left, right, both, norm, relu);
      const weights = randomWeights(network, 3);
      for (const [width, height] of [
        [12, 8],
        [10, 6],
        [11, 7],
        [9, 5],
        [3, 2],
      ] as const) {
        const picture = testPictures(width, height, 1).noise!;
        const calibration = await calibrate(network, weights, [picture]);
        const graph = buildInt8Graph(network, weights, calibration, { width, height, limit: 127, output: 'mask' });
        t.notMatch(Buffer.from(graph).toString('latin1'), /NhwcMaxPool|QLinearConcat/);
        const ratio = await decibelsOf(network, weights, picture);
        t.ok(ratio > 40, `${from}, ${width}x${height}: ${ratio.toFixed(1)} dB`);
      }
    }
    const used = networkOf(left, right, { op: 'concat', name: 'both', from: ['left', 'right'] }, {
      op: 'add',
      name: 'sum',
      from: ['left', 'left'],
    } as Layer);
    const weights = randomWeights(used, 3);
    const picture = testPictures(12, 8, 1).noise!;
    t.ok((await decibelsOf(used, weights, picture)) > 30, 'not where others read its maps too');
  },
);

t.test('a last layer of one place a pixel is a product of matrices, cut to the size of the pictures', async (t) => {
  const body: Layer = { ...conv, name: 'body', from: 'image', stride: 2, filters: 20 };
  const up = { op: 'deconv', name: 'up', from: 'body', filters: 5, bias: true, initial: 'he', learnt: true } as const;
  for (const last of [
    { ...up, kernel: [2, 2], stride: 2, like: 'image' },
    { ...conv, name: 'point', from: 'body', kernel: [1, 1] },
    { ...conv, name: 'point', from: 'body', kernel: [1, 1], bias: false },
  ] as Layer[]) {
    const network = networkOf(body, last);
    const weights = randomWeights(network, 3);
    for (const [width, height] of [
      [12, 8],
      [11, 7],
    ] as const) {
      const picture = testPictures(width, height, 1).noise!;
      const calibration = await calibrate(network, weights, [picture]);
      const { scores, mask } = runPlain(network, weights, picture);
      const ratio = signalToNoise(await run(network, weights, calibration, picture), scores.data);
      t.ok(ratio > 30, `${last.op}, ${width}x${height}: ${ratio.toFixed(1)} dB`);
      if (last.op !== 'deconv') continue;
      const masks = await run(network, weights, calibration, picture, { output: 'mask' });
      t.ok(agreement(masks, mask.data) > 0.95, `${agreement(masks, mask.data)}`);
    }
  }
});

t.test('layers that the calibration lists are computed in float32', async (t) => {
  const network = narrow(buildNetwork('segnet-basic', 11), 8);
  const weights = randomWeights(network, 7);
  const picture = testPictures(47, 33, 3)['a smooth scene']!;
  const all = network.layers.map(({ name }) => name);
  const ratio = await decibelsOf(network, weights, picture, all);
  t.ok(ratio > 90, `all in float32: ${ratio.toFixed(0)} dB`);
  for (const one of ['conv1', 'pool2', 'upsample1', 'classifier']) {
    t.ok((await decibelsOf(network, weights, picture, [one])) > 3, one);
  }
});
