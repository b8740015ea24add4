import { join } from 'node:path';
import t from 'tap';
import { buildNetwork } from '../../../model/networks/index.js';
import { parametersOf } from '../../../model/parameters.js';
import { type Tensor, writeSafetensors } from '../../../model/safetensors.js';
import { NORMALISATION } from '../../../model/training/normalisation.js';
import { readPretrainedEncoder } from '../../../model/training/pretrained-encoder.js';

const WIDTHS = [64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512];
const PLACES = [0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28];

/** VGG16's convolutions as torchvision names them, each filled with its place. */
function features(): Map<string, Tensor> {
  const tensors = new Map<string, Tensor>();
  WIDTHS.forEach((filters, i) => {
    const shape = [filters, WIDTHS[i - 1] ?? 3, 3, 3];
    const fill = (size: number) => new Float32Array(size).fill(PLACES[i]!);
    tensors.set(`features.${PLACES[i]}.weight`, { shape, data: fill(shape.reduce((a, b) => a * b)) });
    tensors.set(`features.${PLACES[i]}.bias`, { shape: [filters], data: fill(filters) });
  });
  return tensors;
}

t.test('starting from VGG16', async (t) => {
  const path = join(t.testdir(), 'vgg16.safetensors');
  await writeSafetensors(path, {}, features());

  t.test('fills the encoder of SegNet, whose convolutions have no bias', async (t) => {
    const start = await readPretrainedEncoder(path, buildNetwork('segnet', 11));
    t.equal(start.size, 13);
    t.equal(start.get('conv4_2.weight')!.data[0], 19);
  });

  t.test('fills weights and biases of DeepLab-LargeFOV, and leaves its narrower fc layers', async (t) => {
    const start = await readPretrainedEncoder(path, buildNetwork('deeplab-largefov', 11));
    t.equal(start.size, 26);
    t.notOk(start.has('fc6.weight'));
  });

  t.test('refuses a network with another encoder', async (t) => {
    await t.rejects(readPretrainedEncoder(path, buildNetwork('segnet-basic', 11)), {
      code: 'OPTION_INVALID',
      message: /segnet-basic/,
    });
  });

  t.test('names the tensors that are missing or of another shape', async (t) => {
    const faulty = features();
    faulty.delete('features.0.weight');
    faulty.set('features.2.weight', { shape: [64, 3, 3, 3], data: new Float32Array(64 * 27) });
    const other = join(t.testdir(), 'faulty.safetensors');
    await writeSafetensors(other, {}, faulty);
    await t.rejects(readPretrainedEncoder(other, buildNetwork('segnet', 11)), {
      code: 'WEIGHTS_MISMATCH',
      message: /features\.0\.weight is missing; features\.2\.weight is \[64,3,3,3\], not \[64,64,3,3\]/,
    });
  });
});

/** The blocks of EfficientNet-Lite0: [filters before, inside, after, kernel]. */
const BLOCKS = [
  [32, 32, 16, 3],
  [16, 96, 24, 3],
  [24, 144, 24, 3],
  [24, 144, 40, 5],
  [40, 240, 40, 5],
  [40, 240, 80, 3],
  [80, 480, 80, 3],
  [80, 480, 80, 3],
  [80, 480, 112, 5],
  [112, 672, 112, 5],
  [112, 672, 112, 5],
  [112, 672, 192, 5],
  [192, 1152, 192, 5],
  [192, 1152, 192, 5],
  [192, 1152, 192, 5],
  [192, 1152, 320, 3],
] as const;

/** EfficientNet-Lite0 as its package names it: each block filled with its place, the stem with numbers of its own. */
function efficientnet(): Map<string, Tensor> {
  const tensors = new Map<string, Tensor>();
  const put = (name: string, shape: readonly number[], value: (i: number) => number) =>
    tensors.set(name, {
      shape,
      data: Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => value(i)),
    });
  const norm = (name: string, channels: number, value: number) => {
    for (const part of ['weight', 'bias', 'running_mean', 'running_var'])
      put(`${name}.${part}`, [channels], () => value);
  };
  put('_conv_stem.weight', [32, 3, 3, 3], (i) => Math.sin(i));
  norm('_bn0', 32, 0.5);
  BLOCKS.forEach(([before, inside, after, kernel], place) => {
    const at = `_blocks.${place}`;
    if (inside > before) {
      put(`${at}._expand_conv.weight`, [inside, before, 1, 1], () => place);
      norm(`${at}._bn0`, inside, place + 0.25);
    }
    put(`${at}._depthwise_conv.weight`, [inside, 1, kernel, kernel], () => place);
    norm(`${at}._bn1`, inside, place + 0.5);
    put(`${at}._project_conv.weight`, [after, inside, 1, 1], () => place);
    norm(`${at}._bn2`, after, place + 0.75);
  });
  put('_fc.weight', [1000, 1280], () => 0);
  return tensors;
}

t.test('starting from EfficientNet-Lite0', async (t) => {
  const network = buildNetwork('segnet-efficientnet', 11);
  const path = join(t.testdir(), 'efficientnet.safetensors');
  const theirs = efficientnet();
  await writeSafetensors(path, {}, theirs);
  const start = await readPretrainedEncoder(path, network);

  t.test('fills the whole encoder and nothing of the decoder', async (t) => {
    const decoder = network.layers.findIndex(({ name }) => name === network.decoderStart);
    const isEncoder = new Set(network.layers.slice(0, decoder).map(({ name }) => name));
    const encoder = parametersOf(network).filter(({ layer }) => isEncoder.has(layer.name));
    t.same(
      [...start.keys()],
      encoder.map(({ name }) => name),
    );
    t.equal(start.get('block1_1_project_bn.weight')!.data[0], 0.75);
    t.equal(start.get('block4_3_depthwise.weight')!.data[0], 7);
    t.equal(start.get('block6_4_expand_bn.running_mean')!.data[0], 14.25);
    t.equal(start.get('block7_1_depthwise_bn.bias')!.data[0], 15.5);
  });

  t.test('moves its normalisation into the stem', async (t) => {
    const pixel = [200, 90, 17];
    /** What the batch normalisation of the stem sees of a picture of one colour, less its mean. */
    function seen(weight: Tensor, mean: Tensor, inputs: readonly number[]): number[] {
      return Array.from(mean.data, (offset, filter) => {
        const sums = inputs.map((input, channel) => {
          const first = (filter * 3 + channel) * 9;
          return input * weight.data.subarray(first, first + 9).reduce((a, b) => a + b);
        });
        return sums.reduce((a, b) => a + b) - offset;
      });
    }
    const { mean, std } = NORMALISATION;
    const expected = seen(
      theirs.get('_conv_stem.weight')!,
      theirs.get('_bn0.running_mean')!,
      pixel.map((value) => (value - 127) / 128),
    );
    const actual = seen(
      start.get('stem.weight')!,
      start.get('stem_bn.running_mean')!,
      pixel.map((value, channel) => (value / 255 - mean[channel]!) / std[channel]!),
    );
    t.ok(expected.every((value, filter) => Math.abs(value - actual[filter]!) < 1e-5));
  });

  t.test('refuses VGG16', async (t) => {
    const other = join(t.testdir(), 'vgg16.safetensors');
    await writeSafetensors(other, {}, features());
    await t.rejects(readPretrainedEncoder(other, network), {
      code: 'WEIGHTS_MISMATCH',
      message: /EfficientNet-Lite0 .*_conv_stem\.weight is missing; .*and 237 more/,
    });
  });
});
