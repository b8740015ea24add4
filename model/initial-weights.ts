import type { Network } from './network.js';
import { type Parameter, type ParameterRole, parametersOf } from './parameters.js';
import { elementCount, type Tensor } from './safetensors.js';

/** Uniform numbers in [0, 1) from a seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Fills an array from a normal distribution around zero (Box-Muller). */
export function fillNormal(data: Float32Array, deviation: number, random: () => number): Float32Array {
  for (let i = 0; i < data.length; i += 2) {
    const radius = deviation * Math.sqrt(-2 * Math.log(1 - random()));
    const angle = 2 * Math.PI * random();
    data[i] = radius * Math.cos(angle);
    if (i + 1 < data.length) data[i + 1] = radius * Math.sin(angle);
  }
  return data;
}

/**
 * A transposed convolution's kernel that upsamples each channel bilinearly by `stride`, without mixing channels: [in, filters,
 * kh, kw] (Long et al., 2015).
 */
function bilinearKernel(shape: readonly number[], stride: number): Float32Array {
  const [channels, filters, height, width] = shape as [number, number, number, number];
  const rows = triangle(height, stride);
  const columns = triangle(width, stride);
  const data = new Float32Array(channels * filters * height * width);
  for (let channel = 0; channel < Math.min(channels, filters); channel += 1) {
    const plane = (channel * filters + channel) * height * width;
    for (let y = 0; y < height; y += 1) {
      for (let x = 0; x < width; x += 1) data[plane + y * width + x] = rows[y]! * columns[x]!;
    }
  }
  return data;
}

/** 1 at the kernel's centre, falling to 0 a stride away. */
function triangle(size: number, stride: number): number[] {
  return Array.from({ length: size }, (_, i) => Math.max(0, 1 - Math.abs(i - (size - 1) / 2) / stride));
}

const START: Readonly<Record<Exclude<ParameterRole, 'weight'>, number>> = {
  bias: 0,
  gamma: 1,
  beta: 0,
  mean: 0,
  variance: 1,
  slope: 0.25,
};

/**
 * Weights from which training starts: He's normal (He et al., 2015) or bilinear kernels for (de)convolutions, neutral
 * values for the rest. The same seed gives the same weights; each tensor's numbers depend on the seed and its name alone.
 */
export function initialWeights(network: Network, seed: number): Map<string, Tensor> {
  return new Map(
    parametersOf(network).map((parameter) => [
      parameter.name,
      { shape: parameter.shape, data: initialData(parameter, seed) },
    ]),
  );
}

function initialData({ name, shape, role, layer, fanIn }: Parameter, seed: number): Float32Array {
  if (role !== 'weight') return new Float32Array(elementCount(shape)).fill(START[role]);
  if (layer.op === 'deconv' && layer.initial === 'bilinear') return bilinearKernel(shape, layer.stride);
  return fillNormal(new Float32Array(elementCount(shape)), Math.sqrt(2 / fanIn), seededRandom(seed ^ hash(name)));
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value >>> 0;
}
