import type { ClassLabel, RgbPicture } from '../../../model/engine.js';
import { fillNormal, initialWeights, seededRandom } from '../../../model/initial-weights.js';
import type { Layer } from '../../../model/layer.js';
import { defineNetwork, type Network } from '../../../model/network.js';
import { type ParameterRole, parametersOf } from '../../../model/parameters.js';
import type { Weights } from '../../../model/weights.js';

/** Weights as after some training: random statistics, slopes and biases, so that no layer is neutral. */
export function randomWeights(network: Network, seed: number): Weights {
  const tensors = initialWeights(network, seed);
  const random = seededRandom(seed);
  const uniform = (low: number, high: number) => (data: Float32Array) => data.map(() => low + (high - low) * random());
  const normal = (deviation: number) => (data: Float32Array) => fillNormal(data, deviation, random);
  const change: Record<ParameterRole, (data: Float32Array) => Float32Array> = {
    weight: (data) => data,
    bias: normal(0.2),
    gamma: uniform(0.6, 1.4),
    beta: normal(0.3),
    mean: normal(0.3),
    variance: uniform(0.6, 1.6),
    slope: uniform(0.05, 0.4),
  };
  for (const { name, shape, role } of parametersOf(network)) {
    tensors.set(name, { shape, data: change[role](tensors.get(name)!.data) });
  }
  return {
    card: {
      network: network.name,
      classes: Array.from(
        { length: network.classes },
        (_, i): ClassLabel => ({ name: `class ${i}`, colour: [i, i, i] }),
      ),
      normalisation: { mean: [0.41, 0.42, 0.43], std: [0.3, 0.31, 0.29] },
      inputSize: { width: 64, height: 48 },
    },
    tensors,
  };
}

/**
 * The network with a quarter of its filters in each layer, to run big networks in small tests. Layers that give class
 * scores keep theirs. Whole where the parts would not fit together any more, as concatenated ones may not.
 */
export function narrow(network: Network, divisor = 4): Network {
  const fewer = (count: number) => (count <= network.classes ? count : Math.ceil(count / divisor));
  const change = (layer: Layer): Layer => {
    if (layer.op === 'conv') {
      const groups = layer.groups === 1 ? 1 : fewer(layer.groups);
      return { ...layer, filters: fewer(layer.filters), groups };
    }
    if (layer.op === 'deconv') return { ...layer, filters: fewer(layer.filters) };
    if (layer.op === 'padChannels') return { ...layer, channels: fewer(layer.channels) };
    return layer;
  };
  try {
    return defineNetwork({ ...network, layers: network.layers.map(change) });
  } catch {
    return network;
  }
}

/** Pictures that try different things, by name; all of one size. */
export function testPictures(width: number, height: number, seed: number): Record<string, RgbPicture> {
  const random = seededRandom(seed);
  const picture = (pixel: (x: number, y: number, channel: number) => number): RgbPicture => {
    const data = new Uint8Array(width * height * 3);
    for (let i = 0; i < data.length; i += 1)
      data[i] = pixel(Math.floor(i / 3) % width, Math.floor(i / 3 / width), i % 3);
    return { width, height, data };
  };
  return {
    noise: picture(() => random() * 256),
    'a smooth scene': picture(
      (x, y, channel) => 128 + 100 * Math.sin((x * (channel + 1)) / 9) * Math.cos(y / (5 + channel)),
    ),
    'saturated white': picture(() => 255),
    'flat halves': picture((x) => (x < width / 3 ? 255 : 40)),
  };
}

/** The share of equal values, 0-1. */
export function agreement(left: ArrayLike<number>, right: ArrayLike<number>): number {
  let same = 0;
  for (let i = 0; i < left.length; i += 1) if (left[i] === right[i]) same += 1;
  return left.length === right.length ? same / left.length : 0;
}
