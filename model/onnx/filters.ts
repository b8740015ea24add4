import type { BatchNorm, Conv } from '../layer.js';
import type { Weights } from '../weights.js';
import { slotsNeeded } from './quantised-map.js';

/** A convolution's filters in float32: [count, channels, rows, columns]; a depthwise one has one channel. */
export interface Filters {
  readonly count: number;
  readonly channels: number;
  readonly rows: number;
  readonly columns: number;
  readonly data: Float32Array;
  /** One per filter. `-Infinity` makes the filter's output the lowest byte everywhere. */
  readonly bias: Float32Array;
}

/** Makes filters of the given shape from a function of (filter, channel, row, column). */
export function makeFilters(
  [count, channels, rows, columns]: readonly [number, number, number, number],
  weight: (filter: number, channel: number, row: number, column: number) => number,
  bias: (filter: number) => number,
): Filters {
  const data = new Float32Array(count * channels * rows * columns);
  let index = 0;
  for (let filter = 0; filter < count; filter += 1) {
    for (let channel = 0; channel < channels; channel += 1) {
      for (let row = 0; row < rows; row += 1) {
        for (let column = 0; column < columns; column += 1) {
          data[index] = weight(filter, channel, row, column);
          index += 1;
        }
      }
    }
  }
  return { count, channels, rows, columns, data, bias: Float32Array.from({ length: count }, (_, i) => bias(i)) };
}

/** The filters of a layer that reads `channels` channels in each group. */
export function convolutionFilters(
  { name, filters, kernel: [rows, columns], bias }: Pick<Conv, 'name' | 'filters' | 'kernel' | 'bias'>,
  channels: number,
  tensors: Weights['tensors'],
): Filters {
  return {
    count: filters,
    channels,
    rows,
    columns,
    data: tensors.get(`${name}.weight`)!.data,
    bias: bias ? tensors.get(`${name}.bias`)!.data : new Float32Array(filters),
  };
}

/** A batch normalisation as a depthwise convolution. */
export function normalisationFilters({ name, epsilon }: BatchNorm, tensors: Weights['tensors']): Filters {
  const of = (suffix: string) => tensors.get(`${name}.${suffix}`)!.data;
  const [gamma, beta, mean, variance] = [of('weight'), of('bias'), of('running_mean'), of('running_var')];
  const factor = (channel: number) => gamma[channel]! / Math.sqrt(variance[channel]! + epsilon);
  return makeFilters([gamma.length, 1, 1, 1], factor, (channel) => beta[channel]! - mean[channel]! * factor(channel));
}

/** One weight; zero outside the kernel. */
export function weightAt(
  { channels, rows, columns, data }: Filters,
  filter: number,
  channel: number,
  row: number,
  column: number,
) {
  if (row < 0 || row >= rows || column < 0 || column >= columns) return 0;
  return data[((filter * channels + channel) * rows + row) * columns + column]!;
}

/** Rearranges filters for the slots of an input and an output (`QuantisedMap.slots`); padding slots get `paddingBias`. */
export function fitFilters(
  filters: Filters,
  input: readonly number[],
  output: readonly number[],
  paddingBias = 0,
): Filters {
  const { channels, rows, columns, data } = filters;
  const size = rows * columns;
  const fitted = new Float32Array(output.length * input.length * size);
  let index = 0;
  for (const filter of output) {
    for (const channel of input) {
      if (filter >= 0 && channel >= 0) {
        const from = (filter * channels + channel) * size;
        for (let i = 0; i < size; i += 1) fitted[index + i] = data[from + i]!;
      }
      index += size;
    }
  }
  const bias = Float32Array.from(output, (filter) => (filter < 0 ? paddingBias : filters.bias[filter]!));
  return { count: output.length, channels: input.length, rows, columns, data: fitted, bias };
}

/** Rearranges depthwise filters for the slots of a map. */
export function fitDepthwise(filters: Filters, slots: readonly number[]): Filters {
  return makeFilters(
    [slots.length, 1, filters.rows, filters.columns],
    (slot, _channel, row, column) => (slots[slot]! < 0 ? 0 : weightAt(filters, slots[slot]!, 0, row, column)),
    (slot) => (slots[slot]! < 0 ? 0 : filters.bias[slots[slot]!]!),
  );
}

/** int8 weights for QLinearConv. */
export interface RoundedFilters {
  readonly weights: Int8Array;
  /** One per filter. */
  readonly scales: Float32Array;
  /** One per filter, in units of `inputScale * scale`. */
  readonly bias: Int32Array;
}

/** The largest bias with which the accumulator cannot overflow. */
const BIAS_LIMIT = 2 ** 30;

/**
 * Rounds each filter to integers from `-limit` to `limit`, symmetric around zero. 127 is the full range of int8; processors
 * without VNNI add two products in 16 bits, which weights up to 63 cannot overflow.
 */
export function roundFilters({ count, data, bias }: Filters, inputScale: number, limit: 63 | 127): RoundedFilters {
  const size = data.length / count;
  const weights = new Int8Array(data.length);
  const scales = new Float32Array(count);
  const steps = new Int32Array(count);
  for (let filter = 0; filter < count; filter += 1) {
    const [begin, end] = [filter * size, (filter + 1) * size];
    let greatest = 0;
    for (let i = begin; i < end; i += 1) greatest = Math.max(greatest, Math.abs(data[i]!));
    const offset = bias[filter]!;
    const fromBias = Number.isFinite(offset) ? Math.abs(offset) / (inputScale * BIAS_LIMIT) : 0;
    const scale = Math.fround(Math.max(greatest / limit, fromBias) || 1);
    scales[filter] = scale;
    for (let i = begin; i < end; i += 1) weights[i] = Math.round(data[i]! / scale);
    steps[filter] = Number.isFinite(offset) ? Math.round(offset / (inputScale * scale)) : -BIAS_LIMIT;
  }
  return { weights, scales, bias: steps };
}

/** A convolution that computes one phase of a map's rows. Its filters hold all phases of the columns: `phases * slots`. */
export interface RowPhase {
  readonly filters: Filters;
  /** Padding before the first row and column. */
  readonly before: readonly [number, number];
}

/**
 * Splits a transposed convolution into one ordinary convolution per row of its stride. Output row `stride * q + r` reads kernel
 * rows `(r + cut) mod stride + stride * t` of input rows `q + floor((r + cut) / stride) - t`.
 *
 * @param kernel [in, filters, rows, columns], PyTorch's layout.
 * @param cut Rows and columns dropped at the near edge.
 * @param paddingBias As for `fitFilters`.
 */
export function transposedPhases(
  kernel: { readonly shape: readonly number[]; readonly data: Float32Array },
  bias: Float32Array,
  stride: number,
  cut: readonly [number, number],
  paddingBias = 0,
): RowPhase[] {
  const [channels, count, rows, columns] = kernel.shape as [number, number, number, number];
  const slotCount = slotsNeeded(count);
  const columnSpan = spanOf(Array.from({ length: stride }, (_, r) => tapsOf(r, stride, columns, cut[1])));
  return Array.from({ length: stride }, (_, rowPhase) => {
    const rowTaps = tapsOf(rowPhase, stride, rows, cut[0]);
    const rowSpan = spanOf([rowTaps]);
    const filters = makeFilters(
      [stride * slotCount, channels, rowSpan.size, columnSpan.size],
      (slot, channel, row, column) => {
        const filter = slot % slotCount;
        if (filter >= count) return 0;
        const ky = rowTaps.first - stride * (row + rowSpan.low - rowTaps.high);
        const columnTaps = tapsOf(Math.floor(slot / slotCount), stride, columns, cut[1]);
        const kx = columnTaps.first - stride * (column + columnSpan.low - columnTaps.high);
        if (ky < 0 || ky >= rows || kx < 0 || kx >= columns) return 0;
        return kernel.data[((channel * count + filter) * rows + ky) * columns + kx]!;
      },
      (slot) => (slot % slotCount < count ? bias[slot % slotCount]! : paddingBias),
    );
    return { filters, before: [-rowSpan.low, -columnSpan.low] };
  });
}

/** The taps of one phase: kernel element `first + stride * t` meets the input `high - t` away, for t from 0 while it exists. */
function tapsOf(phase: number, stride: number, kernel: number, cut: number) {
  const first = (phase + cut) % stride;
  const high = Math.floor((phase + cut) / stride);
  const count = Math.max(0, Math.ceil((kernel - first) / stride));
  return { first, high, low: high - Math.max(count - 1, 0) };
}

/** The smallest window that covers all taps and the input's own position. */
function spanOf(taps: readonly { readonly low: number; readonly high: number }[]) {
  const low = Math.min(0, ...taps.map((each) => each.low));
  const high = Math.max(0, ...taps.map((each) => each.high));
  return { low, size: high - low + 1 };
}

/**
 * Splits a convolution of stride 1 with an odd kernel into one for each of two rows, over 2x2 blocks of its (padded) input with
 * channels `(row in block, column in block, channel)`. This gives inputs of few channels enough for kernels that need four or
 * more.
 */
export function blockPhases(filters: Filters, slotCount: number): RowPhase[] {
  const size = (filters.rows + 1) / 2;
  return [0, 1].map((rowPhase) => ({
    before: [0, 0],
    filters: makeFilters(
      [2 * slotCount, 4 * filters.channels, size, size],
      (slot, blockChannel, row, column) => {
        const [columnPhase, filter] = [Math.floor(slot / slotCount), slot % slotCount];
        if (filter >= filters.count) return 0;
        const channel = blockChannel % filters.channels;
        const [inRow, inColumn] = [
          Math.floor(blockChannel / (2 * filters.channels)),
          Math.floor(blockChannel / filters.channels) % 2,
        ];
        return weightAt(filters, filter, channel, 2 * row + inRow - rowPhase, 2 * column + inColumn - columnPhase);
      },
      (slot) => (slot % slotCount < filters.count ? filters.bias[slot % slotCount]! : 0),
    ),
  }));
}
