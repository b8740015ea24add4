import t from 'tap';
import type { Layer } from '../../model/layer.js';
import { defineNetwork } from '../../model/network.js';

const image: Layer = { op: 'input', name: 'image', channels: 3 };
const conv = { op: 'conv', kernel: [3, 3], stride: 1, dilation: 1, groups: 1, bias: true, filters: 5 } as const;
const deconv = {
  op: 'deconv',
  kernel: [2, 2],
  stride: 2,
  bias: true,
  filters: 5,
  like: 'image',
  initial: 'he',
  learnt: true,
} as const;

function define(...layers: Layer[]) {
  return () =>
    defineNetwork({ name: 'mine', title: 'Mine', classes: 5, layers: [image, ...layers], decoderStart: 'image' });
}

t.test('a network that fits together is frozen', async (t) => {
  const { layers } = define({ ...conv, name: 'out', from: 'image' })();
  t.ok(Object.isFrozen(layers) && layers.every((layer) => Object.isFrozen(layer)));
});

const out: Layer = { ...conv, name: 'out', from: 'image' };
const mistakes: Record<string, [Layer[], RegExp]> = {
  'two layers of one name': [[out, out], /two layers are called out/],
  'reading what comes later': [[{ ...out, from: 'later' }], /out reads later, which is not an earlier layer/],
  'a layer that nobody reads': [[{ ...conv, name: 'aux', from: 'image' }, out], /nothing reads aux/],
  'scores of half the size': [
    [{ ...out, stride: 2 }],
    /out gives \[5, 24, 33\] for a picture of 65x47, not scores of 5 classes/,
  ],
  'scores of too many classes': [[{ ...out, filters: 9 }], /out gives \[9, 47, 65\]/],
  'groups that do not part the channels': [
    [{ ...out, groups: 5 }],
    /out parts 3 channels and 5 filters into 5 groups, expected 1/,
  ],
  'groups between dense and depthwise': [
    [
      { ...conv, name: 'even', from: 'image', filters: 4 },
      { ...conv, name: 'grouped', from: 'even', filters: 4, groups: 2 },
      { ...conv, name: 'out', from: 'grouped' },
    ],
    /grouped parts 4 channels and 4 filters into 2 groups, expected 1, or as many as both/,
  ],
  'a transposed kernel smaller than its stride': [
    [
      { ...conv, name: 'half', from: 'image', stride: 2 },
      { ...deconv, name: 'out', from: 'half', kernel: [1, 1] },
    ],
    /out has a kernel smaller than its stride/,
  ],
  'a transposed convolution that does not reach': [
    [
      { ...conv, name: 'quarter', from: 'image', stride: 4 },
      { ...deconv, name: 'out', from: 'quarter' },
    ],
    /out reaches \[24, 34\] of the \[47, 65\] of image/,
  ],
  'a second picture': [[{ ...image, name: 'other' }, out], /the first layer alone to be the input, got input other/],
  'a kind of layer that is none': [
    [{ op: 'softmax', name: 'soft', from: 'image' } as unknown as Layer, out],
    /soft is a softmax, which is no kind of layer/,
  ],
  'a stride of 0': [
    [{ ...out, stride: 0 }],
    /^mine: expected stride of out to be a whole number of at least 1, got 0$/,
  ],
  'half a filter': [[{ ...out, filters: 0.5 }], /filters of out .* got 0.5/],
  'no dilation': [[{ ...out, dilation: Number.NaN }], /dilation of out .* got NaN/],
  'a kernel without rows': [[{ ...out, kernel: [0, 3] }], /kernel of out .* got 0/],
  'a pool without a stride': [
    [{ op: 'maxPool', name: 'pool', from: 'image', kernel: 2, stride: -1 }],
    /stride of pool .* got -1/,
  ],
  'a dropout of everything': [
    [{ op: 'dropout', name: 'drop', from: 'image', rate: 1, spatial: false }],
    /rate of drop to be a number from 0 to below 1, got 1/,
  ],
  'a fixed kernel of random numbers': [
    [{ ...deconv, name: 'out', from: 'image', learnt: false }],
    /initial of out to be bilinear, as the kernel is not learnt, got he/,
  ],
  'maps of different sizes put together': [
    [
      { ...conv, name: 'half', from: 'image', stride: 2 },
      { op: 'concat', name: 'both', from: ['half', 'image'] },
      { ...conv, name: 'out', from: 'both' },
    ],
    /both puts maps of different sizes together/,
  ],
  'padding to fewer channels': [
    [
      { op: 'padChannels', name: 'padded', from: 'image', channels: 2 },
      { ...conv, name: 'out', from: 'padded' },
    ],
    /padded pads 3 channels to 2/,
  ],
};

t.test('a picture of other than three channels, and none at all, are mistakes', async (t) => {
  const of = (...layers: Layer[]) =>
    defineNetwork({ name: 'mine', title: 'Mine', classes: 5, layers, decoderStart: 'out' });
  t.throws(() => of({ ...image, channels: 1 }, out), { message: /channels of image to be the 3 of a picture, got 1/ });
  t.throws(() => of({ ...conv, name: 'out', from: 'out' }), { name: 'TypeError', message: /got conv out$/ });
  t.throws(() => of(), { name: 'TypeError', message: /no layer is called out/ });
});

for (const [title, [layers, message]] of Object.entries(mistakes)) {
  t.test(`${title} is a mistake`, async (t) => {
    t.throws(define(...layers), { name: 'TypeError', message });
  });
}
