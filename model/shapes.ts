import { applyRule, type Layer, type LayerRules, type MaxPool } from './layer.js';
import type { Network } from './network.js';

/** The shape of one layer's output. */
export interface Shape {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/** A sliding window along one dimension: the number of outputs, and the padding before and after the input. */
export interface Window {
  readonly out: number;
  readonly before: number;
  readonly after: number;
}

/** The window geometry of convolutions and pools, described in `layer.ts`. */
export function slidingWindow(size: number, kernel: number, stride: number, dilation = 1): Window {
  const effective = (kernel - 1) * dilation + 1;
  const out = Math.ceil(size / stride);
  const before = Math.floor((effective - 1) / 2);
  const after = Math.max((out - 1) * stride + effective - size - before, 0);
  return { out, before, after };
}

/** One dimension of a transposed convolution: its uncropped output size, and how much is cropped at each edge (negative: missing). */
export function transposedWindow(size: number, kernel: number, stride: number, wanted: number) {
  const full = (size - 1) * stride + kernel;
  const before = Math.floor((kernel - stride) / 2);
  return { full, before, after: full - before - wanted };
}

type Rules = LayerRules<[shape: (name: string) => Shape], Shape>;

function rules(height: number, width: number, layerNamed: (name: string) => Layer): Rules {
  const same = (layer: { readonly from: string }, shape: (name: string) => Shape) => shape(layer.from);
  return {
    input: ({ channels }) => ({ channels, height, width }),
    conv: ({ name, from, filters, kernel, stride, dilation, groups }, shape) => {
      const { channels, height, width } = shape(from);
      if (groups !== 1 && (groups !== channels || groups !== filters)) {
        const expected = 'expected 1, or as many as both';
        throw new TypeError(
          `${name} parts ${channels} channels and ${filters} filters into ${groups} groups, ${expected}`,
        );
      }
      return {
        channels: filters,
        height: slidingWindow(height, kernel[0], stride, dilation).out,
        width: slidingWindow(width, kernel[1], stride, dilation).out,
      };
    },
    deconv: ({ name, from, filters, kernel, stride, like }, shape) => {
      const wanted = shape(like);
      const rows = transposedWindow(shape(from).height, kernel[0], stride, wanted.height);
      const columns = transposedWindow(shape(from).width, kernel[1], stride, wanted.width);
      if (Math.min(...kernel) < stride) throw new TypeError(`${name} has a kernel smaller than its stride`);
      if (Math.min(rows.after, columns.after) <= -stride) {
        throw new TypeError(
          `${name} reaches [${rows.full}, ${columns.full}] of the [${wanted.height}, ${wanted.width}] of ${like}`,
        );
      }
      return { ...wanted, channels: filters };
    },
    maxPool: ({ from, kernel, stride }, shape) => ({
      channels: shape(from).channels,
      height: slidingWindow(shape(from).height, kernel, stride).out,
      width: slidingWindow(shape(from).width, kernel, stride).out,
    }),
    maxUnpool: ({ name, from, indicesOf }, shape) => {
      const pooled = shape(indicesOf);
      const { channels, height, width } = shape(from);
      if (channels !== pooled.channels || height !== pooled.height || width !== pooled.width) {
        throw new TypeError(`${name} puts a map of another shape in the place of ${indicesOf}`);
      }
      // defineNetwork has checked that it is a pool. The output has the size of the pool's input.
      return shape((layerNamed(indicesOf) as MaxPool).from);
    },
    batchNorm: same,
    relu: same,
    prelu: same,
    add: ({ name, from }, shape) => {
      const [left, right] = [shape(from[0]), shape(from[1])];
      if (left.channels !== right.channels || left.height !== right.height || left.width !== right.width) {
        throw new TypeError(`${name} adds maps of different shapes`);
      }
      return left;
    },
    concat: ({ name, from }, shape) => {
      const shapes = from.map(shape);
      const { height, width } = shapes[0]!;
      if (shapes.some((each) => each.height !== height || each.width !== width)) {
        throw new TypeError(`${name} puts maps of different sizes together`);
      }
      return { channels: shapes.reduce((sum, { channels }) => sum + channels, 0), height, width };
    },
    resizeBilinear: ({ from, like }, shape) => ({ ...shape(like), channels: shape(from).channels }),
    padChannels: ({ name, from, channels }, shape) => {
      if (channels < shape(from).channels)
        throw new TypeError(`${name} pads ${shape(from).channels} channels to ${channels}`);
      return { ...shape(from), channels };
    },
    dropout: same,
  };
}

/**
 * The shape of every layer's output for pictures of `height` x `width`, by layer name.
 *
 * @throws `TypeError` where layers do not fit together, which is a mistake in the network's builder.
 */
export function shapesOf(network: Network, height: number, width: number): ReadonlyMap<string, Shape> {
  const shapes = new Map<string, Shape>();
  const byName = new Map(network.layers.map((layer) => [layer.name, layer]));
  const ruleSet = rules(height, width, (name) => byName.get(name)!);
  const shape = (name: string) => {
    const found = shapes.get(name);
    if (found === undefined) throw new TypeError(`${network.name} has no layer ${name} so far`);
    return found;
  };
  for (const layer of network.layers) {
    shapes.set(layer.name, applyRule(ruleSet, layer, shape));
  }
  return shapes;
}
