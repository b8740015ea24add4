import t from 'tap';
import { runPlainLayers } from '../../../model/engines/plain.js';
import type { Layer } from '../../../model/layer.js';
import type { Tensor } from '../../../model/safetensors.js';

/** Rows of numbers as a map of one channel. */
function rows(...values: number[][]) {
  return { channels: 1, height: values.length, width: values[0]!.length, data: Float32Array.from(values.flat()) };
}

function tensor(shape: number[], data: number[]): Tensor {
  return { shape, data: Float32Array.from(data) };
}

const image: Layer = { op: 'input', name: 'image', channels: 1 };
const pool: Layer = { op: 'maxPool', name: 'pool', from: 'image', kernel: 2, stride: 2 };
const unpool: Layer = { op: 'maxUnpool', name: 'unpool', from: 'pool', indicesOf: 'pool' };

function run(layers: Layer[], input: ReturnType<typeof rows>, tensors: Record<string, Tensor> = {}) {
  return runPlainLayers([image, ...layers], new Map(Object.entries(tensors)), input);
}

const conv: Layer = {
  op: 'conv',
  name: 'conv',
  from: 'image',
  filters: 1,
  kernel: [3, 3],
  stride: 1,
  dilation: 1,
  groups: 1,
  bias: false,
};

const deconv: Layer = {
  op: 'deconv',
  name: 'up',
  from: 'pool',
  filters: 1,
  kernel: [4, 4],
  stride: 2,
  bias: true,
  like: 'image',
  initial: 'he',
  learnt: true,
};

t.test('a pool takes the first maximum of a window in row-major order, and an unpool puts it back there', async (t) => {
  const ties = rows([5, 5, 1, 7], [5, 5, 7, 7]);
  const { outputs } = run([pool, unpool], ties);
  t.strictSame([...outputs.get('pool')!.data], [5, 7]);
  t.strictSame([...outputs.get('unpool')!.data], [5, 0, 0, 7, 0, 0, 0, 0]);
});

t.test('windows of negative and of equal zero values pool too', async (t) => {
  const { scores } = run([pool, unpool], rows([-3, -2, 0, 0], [-1, -4, 0, 0]));
  t.strictSame([...scores.data], [0, 0, 0, 0, -1, 0, 0, 0]);
});

t.test('the last row and column of an odd size pool alone, as in Caffe', async (t) => {
  const { outputs } = run([pool, unpool], rows([1, 2, 3], [4, 5, 6], [-7, -8, -9]));
  const pooled = outputs.get('pool')!;
  t.match(pooled, { width: 2, height: 2 });
  t.strictSame([...pooled.data], [5, 6, -7, -9]);
  t.strictSame([...outputs.get('unpool')!.data], [0, 0, 0, 0, 5, 6, -7, 0, -9]);
});

t.test('a 3x3 pool with stride 1 keeps the size; its padding never wins', async (t) => {
  const { scores } = run([{ ...pool, kernel: 3, stride: 1 }], rows([-1, -2, -3], [-4, -5, -6]));
  t.strictSame([...scores.data], [-1, -1, -2, -1, -1, -2]);
});

t.test('a convolution pads with zero around its window', async (t) => {
  const { scores } = run([conv], rows([1, 2], [3, 4]), {
    'conv.weight': tensor([1, 1, 3, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9]),
  });
  // Top left: the window's centre is 1, right 2, below 3, diagonal 4.
  t.strictSame([...scores.data], [5 + 12 + 24 + 36, 4 + 10 + 21 + 32, 2 + 6 + 15 + 24, 1 + 4 + 12 + 20]);
});

t.test('a convolution with stride 2 sees every second pixel, a dilated one leaves gaps', async (t) => {
  const line = rows([1, 2, 3, 4, 5]);
  const weight = { 'conv.weight': tensor([1, 1, 1, 3], [100, 10, 1]) };
  t.strictSame([...run([{ ...conv, kernel: [1, 3], stride: 2 }], line, weight).scores.data], [12, 234, 450]);
  t.strictSame([...run([{ ...conv, kernel: [1, 3], dilation: 2 }], line, weight).scores.data], [13, 24, 135, 240, 350]);
});

t.test('a convolution in groups keeps channels apart, a bias is added to each filter', async (t) => {
  const two = { channels: 2, height: 1, width: 2, data: Float32Array.of(1, 2, 10, 20) };
  const layer: Layer = { ...conv, filters: 2, kernel: [1, 1], groups: 2, bias: true };
  const tensors = { 'conv.weight': tensor([2, 1, 1, 1], [3, 5]), 'conv.bias': tensor([2], [0.5, -1]) };
  t.strictSame(
    [...run([{ ...image, channels: 2 } as Layer, layer].slice(1), two, tensors).scores.data],
    [3.5, 6.5, 49, 99],
  );
});

t.test('a transposed convolution is cut to the size of another layer', async (t) => {
  // One value of 1 gives the kernel itself: of 4 rows and columns one is dropped at the near edge.
  const kernel = Array.from({ length: 16 }, (_, i) => i);
  const tensors = { 'up.weight': tensor([1, 1, 4, 4], kernel), 'up.bias': tensor([1], [100]) };
  t.strictSame([...run([pool, deconv], rows([1, 0], [0, 0]), tensors).scores.data], [105, 106, 109, 110]);
  // 3 columns pool to 2; their kernels overlap by two columns, and the far edge loses one more.
  const { scores } = run([pool, deconv], rows([1, 0, 2]), tensors);
  t.strictSame([...scores.data], [105, 106 + 2 * 4, 107 + 2 * 5]);
});

t.test('a transposed convolution fills what it cannot reach with its bias', async (t) => {
  const tensors = { 'up.weight': tensor([1, 1, 1, 1], [2]), 'up.bias': tensor([1], [1]) };
  const { scores } = run([pool, { ...deconv, kernel: [1, 1], stride: 1 }], rows([4, 0, 3]), tensors);
  t.strictSame([...scores.data], [9, 7, 1]);
});

t.test('bilinear interpolation lays corners on corners', async (t) => {
  const resize: Layer = { op: 'resizeBilinear', name: 'resize', from: 'pool', like: 'image' };
  const { scores } = run([pool, resize], rows([0, 0, 8, 8], [0, 0, 8, 8], [16, 16, 24, 24], [16, 16, 24, 24]));
  const third = (value: number) => Math.fround((value * 8) / 3);
  t.strictSame([...scores.data.slice(0, 4)].map(Math.fround), [0, third(1), third(2), 8]);
  t.strictSame([scores.data[12], scores.data[15]], [16, 24]);
  t.strictSame([...run([pool, resize], rows([3])).scores.data], [3], 'one pixel stays one pixel');
});

t.test('batch norm, ReLU, PReLU, addition, concatenation, empty channels and dropout', async (t) => {
  const input = rows([-2, 4]);
  const norm: Layer = { op: 'batchNorm', name: 'norm', from: 'image', epsilon: 1 };
  const { outputs } = run(
    [
      norm,
      { op: 'relu', name: 'relu', from: 'image' },
      { op: 'prelu', name: 'prelu', from: 'image' },
      { op: 'add', name: 'sum', from: ['relu', 'prelu'] },
      { op: 'concat', name: 'both', from: ['relu', 'prelu'] },
      { op: 'padChannels', name: 'padded', from: 'both', channels: 3 },
      { op: 'dropout', name: 'dropped', from: 'padded', rate: 0.9, spatial: true },
    ],
    input,
    {
      'norm.weight': tensor([1], [3]),
      'norm.bias': tensor([1], [10]),
      'norm.running_mean': tensor([1], [1]),
      'norm.running_var': tensor([1], [8]),
      'prelu.weight': tensor([1], [0.25]),
    },
  );
  const values = (name: string) => [...outputs.get(name)!.data];
  t.strictSame(values('norm'), [7, 13]);
  t.strictSame(values('relu'), [0, 4]);
  t.strictSame(values('prelu'), [-0.5, 4]);
  t.strictSame(values('sum'), [-0.5, 8]);
  t.strictSame(values('both'), [0, 4, -0.5, 4]);
  t.strictSame(values('padded'), [0, 4, -0.5, 4, 0, 0]);
  t.strictSame(values('dropped'), values('padded'));
});

t.test('the mask holds the class with the highest score, the first of equals', async (t) => {
  const scores = { channels: 3, height: 1, width: 3, data: Float32Array.of(1, 2, 3, 1, 5, -1, 0, 5, 9) };
  const { mask } = runPlainLayers([{ ...image, channels: 3 } as Layer], new Map(), scores);
  t.strictSame(mask, { width: 3, height: 1, data: Uint8Array.of(0, 1, 2) });
});
