import type { Shape } from '../shapes.js';
import type { Size } from '../size.js';
import type { Normalisation } from '../weights.js';
import { blockPhases, type Filters, fitFilters, makeFilters, type RowPhase, roundFilters } from './filters.js';
import { GRAPH_INPUT } from './float-layers.js';
import type { GraphBuilder } from './graph-builder.js';
import { type Affine, type QuantisedMap, slotsNeeded } from './quantised-map.js';

/** The geometry of a convolution's windows on a map. */
export interface WindowGeometry {
  /** [rows, columns] where they differ. */
  readonly stride: number | readonly [number, number];
  readonly dilation: number;
  /** Top, left, bottom, right. */
  readonly pads: readonly [number, number, number, number];
}

/** The largest int8 weight: 127, or 63 on processors that would overflow. */
export type WeightLimit = 63 | 127;

/** Windows at every position, without padding. */
export const PLAIN: WindowGeometry = { stride: 1, dilation: 1, pads: [0, 0, 0, 0] };

/**
 * Adds ONNX Runtime's int8 convolution on [N, H, W, channels] bytes and returns the name of its output. Outputs below the range
 * saturate at byte 0, so a range that begins at zero includes a ReLU.
 */
export function addConvolution(
  graph: GraphBuilder,
  input: Affine & { readonly name: string },
  filters: Filters,
  { stride, dilation, pads }: WindowGeometry,
  output: Affine,
  limit: WeightLimit,
  groups = 1,
): string {
  const { weights, scales, bias } = roundFilters(filters, input.scale, limit);
  const { count, channels, rows, columns } = filters;
  return graph.add(
    'com.microsoft.QLinearConv',
    [
      input.name,
      ...affineConstants(graph, input),
      graph.constant('int8', weights, [count, channels, rows, columns]),
      graph.floats(scales, [count]),
      graph.constant('int8', new Int8Array(count), [count]),
      ...affineConstants(graph, output),
      graph.constant('int32', bias, [count]),
    ],
    {
      channels_last: 1,
      kernel_shape: [rows, columns],
      strides: typeof stride === 'number' ? [stride, stride] : stride,
      dilations: [dilation, dilation],
      pads,
      group: groups,
    },
  );
}

/** The constants for scale and zero point that operators on bytes take. */
export function affineConstants(graph: GraphBuilder, { scale, zeroPoint }: Affine): [string, string] {
  return [graph.floats([scale], []), graph.constant('uint8', Uint8Array.of(zeroPoint), [])];
}

/** Adds one convolution for each row phase and interleaves their rows into a map that is `phases` times as large. */
export function addRowPhases(
  graph: GraphBuilder,
  input: Affine & { readonly name: string; readonly shape: Shape },
  phases: readonly RowPhase[],
  { height, width, channels }: Shape,
  output: Affine,
  limit: WeightLimit,
): string {
  const stride = phases.length;
  const slotCount = slotsNeeded(channels);
  const [rows, columns] = [Math.ceil(height / stride), Math.ceil(width / stride)];
  // The convolution gives at least as much as is wanted; the rest is cropped.
  const after = (wanted: number, size: number, kernel: number, before: number) =>
    Math.max(0, wanted + kernel - 1 - size - before);
  const parts = phases.map(({ filters, before: [top, left] }) => {
    const bottom = after(rows, input.shape.height, filters.rows, top);
    const right = after(columns, input.shape.width, filters.columns, left);
    const geometry: WindowGeometry = { ...PLAIN, pads: [top, left, bottom, right] };
    const part = addConvolution(graph, input, filters, geometry, output, limit);
    const madeRows = input.shape.height + top + bottom - filters.rows + 1;
    const madeColumns = input.shape.width + left + right - filters.columns + 1;
    return cut(graph, part, { height: rows, width: columns }, { height: madeRows, width: madeColumns });
  });
  const lines = parts.map((part) =>
    graph.add('Reshape', [part, graph.integers([-1, 1, columns * stride * slotCount])]),
  );
  const merged = graph.add('Reshape', [
    graph.add('Concat', lines, { axis: 1 }),
    graph.integers([-1, rows * stride, columns * stride, slotCount]),
  ]);
  return cut(graph, merged, { height, width }, { height: rows * stride, width: columns * stride });
}

/** Pads with one byte value: `pads` holds the padding before each dimension, then the padding after each. */
export function padBytes(graph: GraphBuilder, input: string, pads: readonly number[], value: number): string {
  return graph.add('Pad', [input, graph.integers(pads), graph.constant('uint8', Uint8Array.of(value), [])]);
}

/** Crops [N, H, W, C] to its top left part of a size. */
export function cut(graph: GraphBuilder, input: string, wanted: Size, present: Size): string {
  if (wanted.height === present.height && wanted.width === present.width) return input;
  const ends = graph.integers([wanted.height, wanted.width]);
  return graph.add('Slice', [input, graph.integers([0, 0]), ends, graph.integers([1, 2])]);
}

/** Input pictures: bytes that stand for `(byte / 255 - mean) / std`, with a different scale for each channel. */
export interface PixelMap {
  readonly name: string;
  readonly shape: Shape;
  readonly normalisation: Normalisation;
}

/** The graph's input. */
export function picturesOf(shape: Shape, normalisation: PixelMap['normalisation']): PixelMap {
  return { name: GRAPH_INPUT, shape, normalisation };
}

/** Adds a convolution on pixels, with normalisation folded into the weights. It is exact up to rounding, also at the borders. */
export function addPixelConvolution(
  graph: GraphBuilder,
  pixels: PixelMap,
  filters: Filters,
  geometry: WindowGeometry,
  wanted: Shape,
  output: Affine,
  limit: WeightLimit,
): string {
  const grey = greyOf(pixels);
  const scaled = normalisedFilters(filters, pixels);
  const { height, width } = pixels.shape;
  const { stride, dilation, pads } = geometry;
  const inBlocks =
    stride === 1 && dilation === 1 && filters.rows === filters.columns && filters.rows % 2 === 1 && filters.rows > 1;
  if (inBlocks) {
    // Padded to whole blocks. Even sizes stay even, since the kernel adds an even number of pixels.
    const [even, evenWidth] = [height + (height % 2), width + (width % 2)];
    const reach = filters.rows - 1;
    const [top, left] = [pads[0], pads[1]];
    const [bottom, right] = [even + reach - height - top, evenWidth + reach - width - left];
    const padded = padWithMean(graph, pixels, [top, left, bottom, right], 3);
    const [blockRows, blockColumns] = [(even + reach) / 2, (evenWidth + reach) / 2];
    const pairs = graph.add('Reshape', [padded, graph.integers([0, blockRows, 2, blockColumns, 6])]);
    const blocks = graph.add('Reshape', [
      graph.add('Transpose', [pairs], { perm: [0, 1, 3, 2, 4] }),
      graph.integers([0, blockRows, blockColumns, 12]),
    ]);
    const shape = { channels: 12, height: blockRows, width: blockColumns };
    const phases = blockPhases(scaled, slotsNeeded(filters.count));
    return addRowPhases(graph, { name: blocks, shape, scale: 1, zeroPoint: grey }, phases, wanted, output, limit);
  }
  // The fast kernels need four channels rather than three.
  const padded = padWithMean(graph, pixels, pads, 4);
  const outputs = Array.from({ length: slotsNeeded(filters.count) }, (_, i) => (i < filters.count ? i : -1));
  const fitted = fitFilters(scaled, [0, 1, 2, -1], outputs);
  return addConvolution(
    graph,
    { name: padded, scale: 1, zeroPoint: grey },
    fitted,
    { stride, dilation, pads: [0, 0, 0, 0] },
    output,
    limit,
  );
}

/** The average of the three channel means as a byte, which is the zero point of pixels. */
export function greyOf({ normalisation: { mean } }: PixelMap): number {
  return Math.round((255 * (mean[0]! + mean[1]! + mean[2]!)) / 3);
}

/** Filters that give the same results on `byte - grey` as the given ones on normalised values. */
export function normalisedFilters(filters: Filters, pixels: PixelMap): Filters {
  const { mean, std } = pixels.normalisation;
  const grey = greyOf(pixels);
  const { count, channels, rows, columns, data, bias } = filters;
  const size = rows * columns;
  const offset = new Float64Array(count);
  const scaled = data.map((weight, i) => {
    const channel = Math.floor(i / size) % channels;
    const value = weight / (255 * std[channel]!);
    offset[Math.floor(i / (size * channels))]! += value * (grey - 255 * mean[channel]!);
    return value;
  });
  return makeFilters(
    [count, channels, rows, columns],
    (filter, channel, row, column) => scaled[((filter * channels + channel) * rows + row) * columns + column]!,
    (filter) => bias[filter]! + offset[filter]!,
  );
}

/** Pads pixels with the mean colour; a fourth channel stays zero. */
function padWithMean(graph: GraphBuilder, pixels: PixelMap, pads: WindowGeometry['pads'], channels: 3 | 4): string {
  const [top, left, bottom, right] = pads;
  if (channels === 3 && pads.every((pad) => pad === 0)) return pixels.name;
  const padded = padBytes(graph, pixels.name, [0, top, left, 0, 0, bottom, right, channels - 3], 0);
  return pads.every((pad) => pad === 0) ? padded : colourPadding(graph, padded, pixels, pads, channels);
}

/** Replaces the zeros in the padding of pixels by the byte nearest to normalised zero, per channel; a fourth channel stays zero. */
export function colourPadding(
  graph: GraphBuilder,
  padded: string,
  pixels: PixelMap,
  [top, left, bottom, right]: WindowGeometry['pads'],
  channels: 3 | 4,
): string {
  const { height, width } = pixels.shape;
  const [rows, columns] = [top + height + bottom, left + width + right];
  const border = new Uint8Array(rows * columns * channels);
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      if (row >= top && row < top + height && column >= left && column < left + width) continue;
      for (let channel = 0; channel < 3; channel += 1) {
        border[(row * columns + column) * channels + channel] = Math.round(255 * pixels.normalisation.mean[channel]!);
      }
    }
  }
  return graph.add('Add', [padded, graph.constant('uint8', border, [1, rows, columns, channels])]);
}

/** Moves the channels of a map to other slots, by a convolution. */
export function moveSlots(
  graph: GraphBuilder,
  map: QuantisedMap,
  slots: readonly number[],
  limit: WeightLimit,
): QuantisedMap {
  if (map.slots.length === slots.length && map.slots.every((channel, slot) => channel === slots[slot])) return map;
  const isLonger = map.slots.every((channel, slot) => channel === slots[slot]);
  if (isLonger && slots.slice(map.slots.length).every((channel) => channel < 0)) {
    const pads = [0, 0, 0, 0, 0, 0, 0, slots.length - map.slots.length];
    return { ...map, name: padBytes(graph, map.name, pads, map.zeroPoint), slots };
  }
  const move = makeFilters(
    [slots.length, map.slots.length, 1, 1],
    (slot, from) => (slots[slot]! >= 0 && slots[slot] === map.slots[from] ? 1 : 0),
    () => 0,
  );
  return { ...map, name: addConvolution(graph, map, move, PLAIN, map, limit), slots };
}
