import { type BatchNorm, type Concat, type Conv, inputsOf, type Layer, type MaxPool } from '../layer.js';
import type { Weights } from '../weights.js';
import { convolutionFilters, type Filters, makeFilters, normalisationFilters, weightAt } from './filters.js';
import type { GraphBuilder } from './graph-builder.js';
import {
  addConvolution,
  colourPadding,
  cut,
  greyOf,
  normalisedFilters,
  type PixelMap,
  padBytes,
  type WeightLimit,
} from './int8-convolution.js';
import { type Affine, plainSlots, type QuantisedMap, slotsNeeded } from './quantised-map.js';

/**
 * The first layers of ENet (Paszke et al., 2016, figure 2a) and SegNet-Lite: a 3x3 convolution with stride 2 and a 2x2 pool of
 * the same pictures, concatenated and normalised together.
 */
export interface Stem {
  readonly conv: Conv;
  readonly pool: MaxPool;
  readonly concat: Concat;
  readonly norm: BatchNorm | undefined;
  /** The layer whose output is the stem's. */
  readonly last: string;
  /** All its layers. */
  readonly layers: ReadonlySet<string>;
}

/** Finds the stem of a network, if it has one whose inner maps no other layer reads. */
export function findStem(layers: readonly Layer[]): Stem | undefined {
  const readersOf = (name: string) => layers.filter((layer) => inputsOf(layer).includes(name));
  const onlyConcat = (layer: Layer | undefined) => {
    const readers = layer === undefined ? [] : readersOf(layer.name);
    return readers.length === 1 && readers[0]!.op === 'concat' ? readers[0] : undefined;
  };
  const ofImage = readersOf(layers[0]!.name);
  const conv = ofImage.find((layer): layer is Conv => layer.op === 'conv');
  const pool = ofImage.find((layer): layer is MaxPool => layer.op === 'maxPool');
  const concat = onlyConcat(conv);
  if (conv === undefined || pool === undefined || concat === undefined || onlyConcat(pool) !== concat) return undefined;
  const isRight =
    concat.from.length === 2 &&
    conv.kernel.every((size) => size === 3) &&
    conv.stride === 2 &&
    conv.dilation === 1 &&
    conv.groups === 1 &&
    pool.kernel === 2 &&
    pool.stride === 2 &&
    !layers.some((layer) => layer.op === 'maxUnpool' && layer.indicesOf === pool.name);
  if (!isRight) return undefined;
  const readers = readersOf(concat.name);
  const norm = readers.length === 1 && readers[0]!.op === 'batchNorm' ? readers[0] : undefined;
  const all = [conv, pool, concat, ...(norm === undefined ? [] : [norm])].map(({ name }) => name);
  return { conv, pool, concat, norm, last: all.at(-1)!, layers: new Set(all) };
}

/**
 * Adds a stem as one convolution. Four adjacent pixels are grouped into 12 channels, since the fast kernels cannot take three.
 * Below the three rows of a window is a fourth row with the pixels' maxima, from which the pooled channels are computed. Both
 * halves thus come out normalised and concatenated, without the padding slots that each would have.
 */
export function addStem(
  graph: GraphBuilder,
  { conv, concat, pool, norm }: Stem,
  pixels: PixelMap,
  tensors: Weights['tensors'],
  output: Affine,
  limit: WeightLimit,
): QuantisedMap {
  const [height, width] = [Math.ceil(pixels.shape.height / 2), Math.ceil(pixels.shape.width / 2)];
  const groups = Math.ceil(width / 2);
  const lineBytes = 12 * (groups + 1);
  const lineCount = 2 * height + 1;
  // Only the last pixel of the group before the first is read; padding by a whole group keeps groups aligned.
  const pads = [1, 4, 2 * height - pixels.shape.height, 4 * groups - pixels.shape.width] as const;
  const [top, left, bottom, right] = pads;
  // The pool needs the lowest byte as padding, the convolution the mean colour.
  const bare = padBytes(graph, pixels.name, [0, top, left, 0, 0, bottom, right, 0], 0);
  const lines = (padded: string, first: number, end: number, step: 1 | 2) => {
    const whole = graph.add('Reshape', [padded, graph.integers([0, lineCount, lineBytes])]);
    const bounds = [[first], [end], [1], [step]].map((each) => graph.integers(each));
    const part = graph.add('Slice', [whole, ...bounds]);
    return graph.add('Reshape', [part, graph.integers([-1, 2 / step, lineBytes])]);
  };
  const coloured = colourPadding(graph, bare, pixels, pads, 3);
  const rows = [
    lines(coloured, 0, lineCount - 1, 1),
    lines(coloured, 2, lineCount, 2),
    addMaxima(graph, lines(bare, 1, lineCount, 1), lineBytes),
  ];
  const name = graph.add('Reshape', [
    graph.add('Concat', rows, { axis: 1 }),
    graph.integers([-1, 4 * height, groups + 1, 12]),
  ]);

  const channels = conv.filters + 3;
  const slotCount = slotsNeeded(channels);
  const scales = norm === undefined ? undefined : normalisationFilters(norm, tensors);
  const convFirst = concat.from.indexOf(conv.name) === 0 ? 0 : 3;
  const poolFirst = concat.from.indexOf(pool.name) === 0 ? 0 : conv.filters;
  const ofConv = normalisedFilters(normalise(convolutionFilters(conv, 3, tensors), scales, convFirst), pixels);
  const ofPool = normalisedFilters(normalise(IDENTITY, scales, poolFirst), pixels);
  const filters = makeFilters(
    [2 * slotCount, 12, 4, 2],
    (slot, groupChannel, row, group) => {
      const [phase, channel] = [Math.floor(slot / slotCount), slot % slotCount];
      // Relative to the pixel at twice the output's position.
      const pixel = 4 * (group - 1) + Math.floor(groupChannel / 3) - 2 * phase;
      const colour = groupChannel % 3;
      if (channel >= channels) return 0;
      if (row === 3) {
        const isPooled = channel >= poolFirst && channel < poolFirst + 3;
        return isPooled ? weightAt(ofPool, channel - poolFirst, colour, 0, pixel) : 0;
      }
      const filter = channel - convFirst;
      return filter < 0 || filter >= conv.filters ? 0 : weightAt(ofConv, filter, colour, row, pixel + 1);
    },
    (slot) => {
      const channel = slot % slotCount;
      if (channel >= channels) return 0;
      const isPooled = channel >= poolFirst && channel < poolFirst + 3;
      return isPooled ? ofPool.bias[channel - poolFirst]! : ofConv.bias[channel - convFirst]!;
    },
  );
  const input = { name, scale: 1, zeroPoint: greyOf(pixels) };
  const made = addConvolution(
    graph,
    input,
    filters,
    { stride: [4, 1], dilation: 1, pads: [0, 0, 0, 0] },
    output,
    limit,
  );
  const laid = graph.add('Reshape', [made, graph.integers([-1, height, 2 * groups, slotCount])]);
  return {
    ...output,
    name: cut(graph, laid, { height, width }, { height, width: 2 * groups }),
    shape: { channels, height, width },
    slots: plainSlots(channels),
  };
}

/** The pool as a convolution on maxima. */
const IDENTITY: Filters = makeFilters(
  [3, 3, 1, 1],
  (filter, channel) => (filter === channel ? 1 : 0),
  () => 0,
);

/** The maxima of 2x2 pixels in pairs of lines [N, 2, bytes], as [N, 1, bytes], each at the position of its first pixel. */
function addMaxima(graph: GraphBuilder, pairs: string, bytes: number): string {
  const [upper, lower] = graph.addMany('Split', [pairs], { axis: 1, num_outputs: 2 }, 2) as [string, string];
  const tall = graph.add('Max', [upper, lower]);
  const [here, next] = [0, 3].map((first) => {
    const bounds = [[first], [bytes - 3 + first], [2]].map((each) => graph.integers(each));
    return graph.add('Slice', [tall, ...bounds]);
  }) as [string, string];
  return padBytes(graph, graph.add('Max', [here, next]), [0, 0, 0, 0, 0, 3], 0);
}

/** Folds the normalisation of the channels from `first` on into filters. */
function normalise(filters: Filters, norm: Filters | undefined, first: number): Filters {
  if (norm === undefined) return filters;
  return makeFilters(
    [filters.count, filters.channels, filters.rows, filters.columns],
    (filter, channel, row, column) => norm.data[first + filter]! * weightAt(filters, filter, channel, row, column),
    (filter) => norm.data[first + filter]! * filters.bias[filter]! + norm.bias[first + filter]!,
  );
}
