import type { Conv, Deconv, Layer } from '../layer.js';
import type { Shape } from '../shapes.js';
import type { Size } from '../size.js';
import type { Weights } from '../weights.js';
import { convolutionFilters, type Filters, fitFilters, makeFilters, roundFilters } from './filters.js';
import type { GraphBuilder } from './graph-builder.js';
import { affineConstants, type WeightLimit } from './int8-convolution.js';
import type { QuantisedMap } from './quantised-map.js';

/** Class scores as float32 [N * height, width, stride, stride, classes]: each position of a map has `stride` by `stride` pixels. */
export interface PointScores {
  readonly name: string;
  readonly stride: number;
  readonly classes: number;
  /** The size of the map from which they were computed. */
  readonly mapSize: Size;
}

/** True where every pixel's scores come from one position of the previous map: for 1x1 convolutions and 2x2 transposed ones of stride 2. */
export function isPointwise(layer: Layer, shape: (name: string) => Shape): layer is Conv | Deconv {
  if (layer.op === 'conv') return layer.groups === 1 && [layer.stride, ...layer.kernel].every((size) => size === 1);
  if (layer.op !== 'deconv' || layer.kernel.some((size) => size !== layer.stride)) return false;
  // A larger output would be zero beyond that, without the bias.
  const [from, wanted] = [shape(layer.from), shape(layer.name)];
  return from.height * layer.stride >= wanted.height && from.width * layer.stride >= wanted.width;
}

/**
 * Adds a pointwise last layer as a matrix product with float32 results. That is cheaper than rounding scores to bytes and
 * casting them to the floats on which argmax is fast, needs no padding classes, and is more exact.
 */
export function addPointScores(
  graph: GraphBuilder,
  layer: Conv | Deconv,
  input: QuantisedMap,
  tensors: Weights['tensors'],
  limit: WeightLimit,
): PointScores {
  const { filters: classes, stride } = layer;
  const { channels, height, width } = input.shape;
  const own = layer.op === 'conv' ? convolutionFilters(layer, channels, tensors) : phasesOf(layer, channels, tensors);
  const outputs = Array.from({ length: own.count }, (_, i) => i);
  const { weights, scales } = roundFilters(fitFilters(own, input.slots, outputs), input.scale, limit);
  // QLinearConv has filters as the first dimension, a matrix product as the last.
  const slotCount = input.slots.length;
  const turned = Int8Array.from(weights, (_, i) => weights[(i % own.count) * slotCount + Math.floor(i / own.count)]!);
  const [scale, zeroPoint] = affineConstants(graph, input);
  const scores = graph.add('com.microsoft.MatMulIntegerToFloat', [
    graph.add('Reshape', [input.name, graph.integers([-1, slotCount])]),
    graph.constant('int8', turned, [slotCount, own.count]),
    scale,
    graph.floats(scales, [own.count]),
    zeroPoint,
    '',
    graph.floats(own.bias, [own.count]),
  ]);
  const name = graph.add('Reshape', [scores, graph.integers([-1, width, stride, stride, classes])]);
  return { name, stride, classes, mapSize: { height, width } };
}

/** A transposed convolution without overlap, as one filter for each phase and class. */
function phasesOf({ name, filters, stride, bias }: Deconv, channels: number, tensors: Weights['tensors']): Filters {
  const { data } = tensors.get(`${name}.weight`)!;
  const phases = stride * stride;
  const offsets = bias ? tensors.get(`${name}.bias`)!.data : new Float32Array(filters);
  return makeFilters(
    [phases * filters, channels, 1, 1],
    (output, channel) => data[(channel * filters + (output % filters)) * phases + Math.floor(output / filters)]!,
    (output) => offsets[output % filters]!,
  );
}

/** The class with the highest score at each pixel, uint8 [N, height, width]. */
export function addPointMask(graph: GraphBuilder, { name, stride, mapSize }: PointScores, wanted: Shape): string {
  const classes = graph.add('Cast', [graph.add('ArgMax', [name], { axis: 4, keepdims: 0 })], { to: 2 });
  const lines = stride === 1 ? classes : graph.add('Transpose', [classes], { perm: [0, 2, 1, 3] });
  const mask = graph.add('Reshape', [lines, graph.integers([-1, mapSize.height * stride, mapSize.width * stride])]);
  return cutPlanes(graph, mask, [1, 2], mapSize, stride, wanted);
}

/** The scores in the layout of the graph's output, float32 [N, classes, height, width]. */
export function addPlaneScores(
  graph: GraphBuilder,
  { name, stride, classes, mapSize }: PointScores,
  wanted: Shape,
): string {
  const { height, width } = mapSize;
  const laid = graph.add('Reshape', [name, graph.integers([-1, height, width, stride, stride, classes])]);
  const planes = graph.add('Transpose', [laid], { perm: [0, 5, 1, 3, 2, 4] });
  const scores = graph.add('Reshape', [planes, graph.integers([0, classes, height * stride, width * stride])]);
  return cutPlanes(graph, scores, [2, 3], mapSize, stride, wanted);
}

/** Crops rows and columns, given by their axes, to the wanted size. */
function cutPlanes(
  graph: GraphBuilder,
  input: string,
  axes: readonly [number, number],
  mapSize: PointScores['mapSize'],
  stride: number,
  { height, width }: Shape,
): string {
  if (mapSize.height * stride === height && mapSize.width * stride === width) return input;
  return graph.add('Slice', [input, graph.integers([0, 0]), graph.integers([height, width]), graph.integers(axes)]);
}
