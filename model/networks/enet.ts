import { defineNetwork, type Network } from '../network.js';
import { LayerList } from './layer-list.js';

/** The middle convolution of a bottleneck: plain 3x3, dilated 3x3, or 5x1 followed by 1x5. */
type Middle = { readonly dilation: number } | 'asymmetric';

/** The eight bottlenecks of stage 2; stage 3 repeats them (Paszke et al., table 1). */
const STAGE_2: readonly Middle[] = [
  { dilation: 1 },
  { dilation: 2 },
  'asymmetric',
  { dilation: 4 },
  { dilation: 1 },
  { dilation: 8 },
  'asymmetric',
  { dilation: 16 },
];

/** A bottleneck is a quarter as wide inside as its output: in all three forms, as the authors' code has it (e-lab/ENet-training). */
const PROJECTION = 4;

/**
 * ENet (Paszke et al., arXiv 1606.02147): SegNet's max-unpooling in a network built for real time. The encoder uses
 * PReLU and spatial dropout; the decoder uses ReLU, unpools by the indices of the two downsampling bottlenecks, and
 * ends in a 2x2 transposed convolution.
 */
export function enet(classes: number): Network {
  const net = new LayerList();

  type Activation = 'prelu' | 'relu';
  const activate = (name: string, from: string, activation: Activation) => net[activation](name, from);
  const normalised = (name: string, from: string, activation: Activation) =>
    activate(`${name}_act`, net.batchNorm(`${name}_bn`, from), activation);

  function middle(name: string, from: string, filters: number, kind: Middle, activation: Activation) {
    if (kind !== 'asymmetric') {
      return normalised(name, net.conv(name, from, filters, 3, { dilation: kind.dilation }), activation);
    }
    const column = net.conv(`${name}_5x1`, from, filters, [5, 1]);
    return normalised(name, net.conv(name, column, filters, [1, 5]), activation);
  }

  function bottleneck(
    name: string,
    from: string,
    channels: number,
    kind: Middle,
    dropout: number,
    activation: Activation = 'prelu',
  ) {
    const inner = channels / PROJECTION;
    let map = normalised(`${name}_reduce`, net.conv(`${name}_reduce`, from, inner, 1), activation);
    map = middle(`${name}_middle`, map, inner, kind, activation);
    map = net.batchNorm(`${name}_expand_bn`, net.conv(`${name}_expand`, map, channels, 1));
    if (dropout > 0) map = net.dropout(`${name}_drop`, map, dropout, true);
    return activate(`${name}_out`, net.add(`${name}_add`, from, map), activation);
  }

  /** Main branch: pool (with indices) and zero channels; other branch: 2x2/2, 3x3, 1x1. */
  function downsample(name: string, from: string, channels: number, dropout: number) {
    const inner = channels / PROJECTION;
    const shortcut = net.padChannels(`${name}_pad`, net.maxPool(`${name}_pool`, from), channels);
    let map = normalised(`${name}_reduce`, net.conv(`${name}_reduce`, from, inner, 2, { stride: 2 }), 'prelu');
    map = middle(`${name}_middle`, map, inner, { dilation: 1 }, 'prelu');
    map = net.batchNorm(`${name}_expand_bn`, net.conv(`${name}_expand`, map, channels, 1));
    map = net.dropout(`${name}_drop`, map, dropout, true);
    return net.prelu(`${name}_out`, net.add(`${name}_add`, shortcut, map));
  }

  /** Main branch: 1x1 and unpool; other branch: 1x1, 3x3/2 transposed, 1x1. */
  function upsample(name: string, from: string, channels: number, pool: string, like: string) {
    const inner = channels / PROJECTION;
    const main = net.batchNorm(`${name}_main_bn`, net.conv(`${name}_main`, from, channels, 1));
    const shortcut = net.maxUnpool(`${name}_unpool`, main, pool);
    let map = normalised(`${name}_reduce`, net.conv(`${name}_reduce`, from, inner, 1), 'relu');
    map = normalised(`${name}_up`, net.deconv(`${name}_up`, map, inner, 3, 2, like), 'relu');
    map = net.batchNorm(`${name}_expand_bn`, net.conv(`${name}_expand`, map, channels, 1));
    return net.relu(`${name}_out`, net.add(`${name}_add`, shortcut, map));
  }

  const initial = net.concat('initial', [
    net.conv('initial_conv', 'image', 13, 3, { stride: 2 }),
    net.maxPool('initial_pool', 'image'),
  ]);
  const start = normalised('initial', initial, 'prelu');
  let map = downsample('bottleneck1_0', start, 64, 0.01);
  for (let i = 1; i <= 4; i += 1) map = bottleneck(`bottleneck1_${i}`, map, 64, { dilation: 1 }, 0.01);
  const stage1 = map;
  map = downsample('bottleneck2_0', map, 128, 0.1);
  for (const stage of [2, 3]) {
    STAGE_2.forEach((kind, i) => {
      map = bottleneck(`bottleneck${stage}_${i + 1}`, map, 128, kind, 0.1);
    });
  }
  map = upsample('bottleneck4_0', map, 64, 'bottleneck2_0_pool', stage1);
  for (const i of [1, 2]) map = bottleneck(`bottleneck4_${i}`, map, 64, { dilation: 1 }, 0, 'relu');
  map = upsample('bottleneck5_0', map, 16, 'bottleneck1_0_pool', start);
  map = bottleneck('bottleneck5_1', map, 16, { dilation: 1 }, 0, 'relu');
  net.deconv('fullconv', map, classes, 2, 2, 'image', { bias: true });
  return defineNetwork({
    name: 'enet',
    title: 'ENet',
    classes,
    layers: net.layers,
    decoderStart: 'bottleneck4_0_main',
  });
}
