import { applyRule, inputsOf, type Layer, type LayerRules, type MaxPool } from './layer.js';
import type { Network } from './network.js';
import { parametersOf } from './parameters.js';
import { elementCount } from './safetensors.js';
import { type Shape, shapesOf } from './shapes.js';

type Rules = LayerRules<[out: Shape, shape: (name: string) => Shape], number>;

const values = ({ channels, height, width }: Shape) => channels * height * width;
const nothing = () => 0;

/** Comparisons, copies and sums need no multiplication; batch norm is folded into a convolution. */
const MULTIPLY_ADDS: Rules = {
  input: nothing,
  conv: ({ from, kernel, groups }, out, shape) => (values(out) * kernel[0] * kernel[1] * shape(from).channels) / groups,
  deconv: ({ from, filters, kernel }, _, shape) => values(shape(from)) * kernel[0] * kernel[1] * filters,
  maxPool: nothing,
  maxUnpool: nothing,
  batchNorm: nothing,
  relu: nothing,
  prelu: (_, out) => values(out),
  add: nothing,
  concat: nothing,
  resizeBilinear: (_, out) => 4 * values(out),
  padChannels: nothing,
  dropout: nothing,
};

/** Multiply-adds of each layer for one picture of `height` x `width`, by layer name. */
export function layerMultiplyAdds(network: Network, height: number, width: number): ReadonlyMap<string, number> {
  const shapes = shapesOf(network, height, width);
  const shape = (name: string) => shapes.get(name)!;
  return new Map(
    network.layers.map((layer) => [layer.name, applyRule(MULTIPLY_ADDS, layer, shape(layer.name), shape)]),
  );
}

/** Multiply-adds of a network for one picture of `height` x `width`; twice as many floating point operations. */
export function multiplyAdds(network: Network, height: number, width: number): number {
  return sum(layerMultiplyAdds(network, height, width).values());
}

/** A float32 map takes 4 bytes per value; the position of a maximum in its 2x2 window takes 2 bits. */
const BYTES_PER_VALUE = 4;
const BYTES_PER_INDEX = 2 / 8;
/** How many values share an index. */
const WINDOW = 2 * 2;

function encoderLayers(network: Network): readonly Layer[] {
  return network.layers.slice(
    0,
    network.layers.findIndex(({ name }) => name === network.decoderStart),
  );
}

/** What the decoder reads from the encoder, apart from the map that it begins with. */
function keptFromEncoder(network: Network): {
  readonly maps: ReadonlySet<string>;
  readonly indices: ReadonlySet<string>;
} {
  const encoder = new Set(encoderLayers(network).map(({ name }) => name));
  const decoder = network.layers.slice(encoder.size);
  const mainPath = inputsOf(decoder[0]!)[0];
  const maps = new Set(decoder.flatMap(inputsOf).filter((name) => encoder.has(name) && name !== mainPath));
  const indices = new Set<string>();
  for (const layer of decoder) {
    // The indices of a pool inside the decoder are computed there, from what is kept already.
    if (layer.op !== 'maxUnpool' || !encoder.has(layer.indicesOf)) continue;
    const pool = network.layers.find(({ name }) => name === layer.indicesOf) as MaxPool;
    // The indices can be recomputed from the pooled map, so they need not be kept beside it.
    if (!maps.has(pool.from)) indices.add(pool.name);
  }
  return { maps, indices };
}

/**
 * Bytes of each encoder layer's output that must be kept until the decoder reads them, by layer name: whole maps as float32, or
 * a pool's indices under the pool's name. Layers of which nothing is kept are absent.
 */
export function layerStoredBytes(network: Network, height: number, width: number): ReadonlyMap<string, number> {
  const shapes = shapesOf(network, height, width);
  const { maps, indices } = keptFromEncoder(network);
  return new Map([
    ...[...maps].map((name) => [name, BYTES_PER_VALUE * values(shapes.get(name)!)] as const),
    ...[...indices].map((name) => [name, BYTES_PER_INDEX * values(shapes.get(name)!)] as const),
  ]);
}

/** Bytes of encoder output that must be kept for the decoder, for one picture of `height` x `width`. */
export function storedBytes(network: Network, height: number, width: number): number {
  return sum(layerStoredBytes(network, height, width).values());
}

/** A size that five pools can halve without a remainder. */
const EVEN_SIZE = 256;

/**
 * Table 1's "storage multiplier": the memory that the decoder needs kept from the encoder, divided by the memory of the
 * corresponding pooling indices (of pools that are unpooled, and of pools whose input is as large as a kept map). For a kept
 * map without such a pool, in an encoder that downsamples by strides, the divisor is the indices that a pool there would have.
 * 0 where nothing is kept.
 */
export function storageMultiplier(network: Network): number {
  const shapes = shapesOf(network, EVEN_SIZE, EVEN_SIZE);
  const { maps, indices } = keptFromEncoder(network);
  if (maps.size + indices.size === 0) return 0;
  const sizes = [...maps].map((name) => shapes.get(name)!);
  const heights = new Set(sizes.map(({ height }) => height));
  const pools = encoderLayers(network).filter(
    (layer): layer is MaxPool =>
      layer.op === 'maxPool' && (indices.has(layer.name) || heights.has(shapes.get(layer.from)!.height)),
  );
  const pooledHeights = new Set(pools.map(({ from }) => shapes.get(from)!.height));
  const unpooled = sizes.filter(({ height }) => !pooledHeights.has(height));
  const ofIndices =
    sum(pools.map(({ name }) => BYTES_PER_INDEX * values(shapes.get(name)!))) +
    sum(unpooled.map((size) => (BYTES_PER_INDEX * values(size)) / WINDOW));
  return storedBytes(network, EVEN_SIZE, EVEN_SIZE) / ofIndices;
}

/** The number of learnt and fixed parameters of each layer, without batch norm's running statistics, by layer name. */
export function layerParameters(network: Network): ReadonlyMap<string, number> {
  const counts = new Map<string, number>(network.layers.map(({ name }) => [name, 0]));
  for (const { layer, shape, role } of parametersOf(network)) {
    if (role === 'mean' || role === 'variance') continue;
    counts.set(layer.name, counts.get(layer.name)! + elementCount(shape));
  }
  return counts;
}

/** A network's parameters as papers count them: weights, biases and batch norm's scale and shift, fixed kernels included. */
export function parameterCount(network: Network): number {
  return sum(layerParameters(network).values());
}

/** The size in bytes of a network's weights on disk as float32, with running statistics and without headers. */
export function modelBytes(network: Network): number {
  return sum(parametersOf(network).map(({ shape }) => BYTES_PER_VALUE * elementCount(shape)));
}

function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}
