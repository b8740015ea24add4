import t from 'tap';
import {
  layerMultiplyAdds,
  layerParameters,
  layerStoredBytes,
  modelBytes,
  multiplyAdds,
  parameterCount,
  storageMultiplier,
  storedBytes,
} from '../../model/cost.js';
import { defineNetwork } from '../../model/network.js';
import { buildNetwork, networkNames } from '../../model/networks/index.js';
import { parametersOf } from '../../model/parameters.js';
import { publishedSizes, sizeDifferences, table1 } from '../../model/published.js';

const conv = { op: 'conv', stride: 1, dilation: 1, groups: 1, bias: false } as const;

t.test('SegNet-Basic has the convolution weights that the paper’s layers add up to', async (t) => {
  const weights = (names: RegExp) =>
    parametersOf(buildNetwork('segnet-basic', 11))
      .filter(({ name, role }) => role === 'weight' && names.test(name))
      .reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size), 0);
  t.equal(weights(/^conv\d\.weight$/), 611_520, 'encoder');
  t.equal(weights(/^conv\d_d\.weight$/), 802_816, 'decoder');
  t.equal(weights(/^classifier\.weight$/), 704, 'classifier');
});

t.test(
  'multiply-adds, parameters and bytes of a small network are those counted by hand, odd sizes included',
  async (t) => {
    const network = defineNetwork({
      name: 'small',
      title: 'Small',
      classes: 2,
      decoderStart: 'unpool',
      layers: [
        { op: 'input', name: 'image', channels: 3 },
        { ...conv, name: 'first', from: 'image', filters: 4, kernel: [3, 5], bias: true },
        { op: 'batchNorm', name: 'normal', from: 'first', epsilon: 1e-5 },
        { op: 'prelu', name: 'leaky', from: 'normal' },
        { op: 'maxPool', name: 'pool', from: 'leaky', kernel: 2, stride: 2 },
        { ...conv, name: 'depthwise', from: 'pool', filters: 4, kernel: [3, 3], groups: 4 },
        { op: 'maxUnpool', name: 'unpool', from: 'depthwise', indicesOf: 'pool' },
        { ...conv, name: 'scores', from: 'unpool', filters: 2, kernel: [1, 1] },
        { ...conv, name: 'halved', from: 'scores', filters: 2, kernel: [1, 1], stride: 2 },
        {
          op: 'deconv',
          name: 'up',
          from: 'halved',
          filters: 2,
          kernel: [4, 4],
          stride: 2,
          bias: false,
          like: 'image',
          initial: 'he',
          learnt: true,
        },
        { op: 'resizeBilinear', name: 'resized', from: 'up', like: 'image' },
      ],
    });
    // 5 rows of 6 pool to 3 rows of 3.
    const macs = layerMultiplyAdds(network, 5, 6);
    t.match(Object.fromEntries(macs), {
      first: 4 * 5 * 6 * 3 * 3 * 5,
      normal: 0,
      leaky: 4 * 5 * 6,
      pool: 0,
      depthwise: 4 * 3 * 3 * 9,
      unpool: 0,
      scores: 2 * 5 * 6 * 4,
      halved: 2 * 3 * 3 * 2,
      up: 2 * 3 * 3 * 2 * 16,
      resized: 4 * 2 * 5 * 6,
    });
    t.equal(
      multiplyAdds(network, 5, 6),
      [...macs.values()].reduce((sum, count) => sum + count),
    );
    t.match(Object.fromEntries(layerParameters(network)), {
      first: 4 * 3 * 15 + 4,
      normal: 8,
      leaky: 4,
      depthwise: 36,
      scores: 8,
      up: 64,
    });
    t.equal(modelBytes(network), 4 * (parameterCount(network) + 8), 'running statistics are in the file');
    t.same([...layerStoredBytes(network, 5, 6)], [['pool', (4 * 3 * 3 * 2) / 8]], '2 bits for each window and channel');
  },
);

t.test('the storage multipliers are those of Table 1', async (t) => {
  for (const { network, storageMultiplier: published } of table1) {
    // The paper has "n/a" for FCN-Basic-NoAddition, which keeps nothing.
    t.equal(storageMultiplier(buildNetwork(network, 11)), published ?? 0, network);
  }
  t.equal(storageMultiplier(buildNetwork('segnet', 11)), 1);
  t.equal(storageMultiplier(buildNetwork('enet', 11)), 1);
  t.equal(storageMultiplier(buildNetwork('unet', 11)), 64);
  t.equal(storageMultiplier(buildNetwork('deeplab-largefov', 11)), 0);
  t.equal(storageMultiplier(buildNetwork('segnet-efficientnet', 11)), 64, 'it keeps maps, and pools in its decoder');
});

t.test('a network that halves by strides and keeps a map is set against the indices that it would have', async (t) => {
  const network = defineNetwork({
    name: 'strided',
    title: 'Strided',
    classes: 2,
    decoderStart: 'up',
    layers: [
      { op: 'input', name: 'image', channels: 3 },
      { ...conv, name: 'wide', from: 'image', filters: 4, kernel: [3, 3] },
      { ...conv, name: 'half', from: 'wide', filters: 4, kernel: [3, 3], stride: 2 },
      { op: 'resizeBilinear', name: 'up', from: 'half', like: 'wide' },
      { op: 'concat', name: 'both', from: ['up', 'wide'] },
      { ...conv, name: 'scores', from: 'both', filters: 2, kernel: [1, 1] },
    ],
  });
  t.equal(storageMultiplier(network), 64);
});

t.test('indices that the decoder makes itself are not kept from the encoder', async (t) => {
  const network = buildNetwork('segnet-efficientnet', 11);
  const start = network.layers.findIndex(({ name }) => name === network.decoderStart);
  const decoder = new Set(network.layers.slice(start).map(({ name }) => name));
  const kept = [...layerStoredBytes(network, 360, 480).keys()];
  t.ok(kept.length > 0);
  t.same(
    kept.filter((name) => decoder.has(name)),
    [],
  );
});

t.test('whoever keeps the pooled maps keeps no indices: they can be found again', async (t) => {
  const kept = layerStoredBytes(buildNetwork('segnet-basic-encoder-addition', 11), 360, 480);
  t.same([...kept.keys()].sort(), ['conv1_relu', 'conv2_relu', 'conv3_relu', 'conv4_relu']);
  t.equal(kept.get('conv1_relu'), 4 * 64 * 360 * 480);
  // 45 rows pool to 23: rounded up, as the last row pools alone.
  const indices = layerStoredBytes(buildNetwork('segnet-basic', 11), 360, 480);
  t.equal(indices.get('pool4'), (64 * 23 * 30 * 2) / 8);
  t.equal(
    storedBytes(buildNetwork('segnet-basic', 11), 360, 480),
    (64 * 2 * (180 * 240 + 90 * 120 + 45 * 60 + 23 * 30)) / 8,
  );
});

t.test('sizes agree with the published ones within 3 %, but for those that are explained', async (t) => {
  for (const [name, { parameters, modelMegabytes }] of publishedSizes) {
    const network = buildNetwork(name, 11);
    const ratios = [
      parameters === undefined ? 1 : parameterCount(network) / parameters,
      modelMegabytes === undefined ? 1 : modelBytes(network) / 1e6 / modelMegabytes,
    ];
    const agrees = ratios.every((ratio) => Math.abs(ratio - 1) <= 0.03);
    t.equal(agrees, !sizeDifferences.has(name), `${name}: ${ratios.map((ratio) => ratio.toFixed(4)).join(', ')}`);
  }
});

t.test('DeconvNet cannot have 877 MB: three of its layers alone have more', async (t) => {
  const counts = layerParameters(buildNetwork('deconvnet', 11));
  const three = ['fc6', 'fc7', 'fc6_deconv'].reduce((sum, name) => sum + counts.get(name)!, 0);
  t.equal(Math.round((4 * three) / 1e6), 889);
});

t.test('every network has a cost at sizes that do not halve evenly', async (t) => {
  for (const name of networkNames) {
    const network = buildNetwork(name, 11);
    t.ok(multiplyAdds(network, 45, 61) > 0, name);
    t.ok(Number.isFinite(storedBytes(network, 45, 61)), name);
    t.ok(Number.isFinite(storageMultiplier(network)), name);
  }
});
