import { applyRule, type Layer, type LayerRules, type MaxPool } from '../layer.js';
import { type Shape, slidingWindow, transposedWindow } from '../shapes.js';
import type { Weights } from '../weights.js';
import {
  convolutionFilters,
  type Filters,
  fitDepthwise,
  fitFilters,
  makeFilters,
  normalisationFilters,
  transposedPhases,
} from './filters.js';
import type { GraphBuilder } from './graph-builder.js';
import {
  addConvolution,
  addPixelConvolution,
  addRowPhases,
  affineConstants,
  moveSlots,
  type PixelMap,
  PLAIN,
  picturesOf,
  type WeightLimit,
} from './int8-convolution.js';
import { addBytePool, addPoolPlanes, addUnpoolPlanes, type BytePlanes } from './int8-planes.js';
import { type Affine, boundsOf, plainSlots, type QuantisedMap } from './quantised-map.js';

/** A layer's output in the form in which it was computed. */
export type Int8Value =
  | { readonly form: 'bytes'; readonly map: QuantisedMap }
  | { readonly form: 'pixels'; readonly pixels: PixelMap }
  | { readonly form: 'float'; readonly name: string };

/** The context in which a layer's operators are added. */
export interface Int8Context {
  readonly graph: GraphBuilder;
  readonly tensors: Weights['tensors'];
  readonly normalisation: Weights['card']['normalisation'];
  readonly limit: WeightLimit;
  readonly shape: (name: string) => Shape;
  /** The quantisation of a layer's output: its own range, or that of its only reader. */
  readonly target: (name: string) => Affine;
  /** True where the ReLU that reads a layer's output is already fused into it. */
  readonly hasRelu: (name: string) => boolean;
  readonly isLast: (name: string) => boolean;
  readonly isUnpooled: (pool: string) => boolean;
  readonly value: (layer: string) => Int8Value;
  /** A layer's output as bytes, converted once. */
  readonly bytes: (layer: string) => QuantisedMap;
  /** The positions of the maxima of pools on bytes. */
  readonly planes: Map<string, BytePlanes>;
}

/** A rule returns undefined for a layer without an int8 form, which stays in float32. */
type Rules = LayerRules<[context: Int8Context], Int8Value | undefined>;

const RULES: Rules = {
  input: ({ name }, { shape, normalisation }) => ({ form: 'pixels', pixels: picturesOf(shape(name), normalisation) }),

  conv: ({ name, from, kernel, stride, dilation, groups, bias, filters: count }, context) => {
    const { graph, shape, target, value, bytes, limit } = context;
    const { channels, height, width } = shape(from);
    const isDepthwise = groups > 1;
    const [rows, columns] = [
      slidingWindow(height, kernel[0], stride, dilation),
      slidingWindow(width, kernel[1], stride, dilation),
    ];
    const pads = [rows.before, columns.before, rows.after, columns.after] as const;
    const geometry = { stride, dilation, pads };
    const filters = convolutionFilters(
      { name, filters: count, kernel, bias },
      isDepthwise ? 1 : channels,
      context.tensors,
    );
    const source = value(from);
    if (isDepthwise) {
      const input = bytes(from);
      const fitted = fitDepthwise(filters, input.slots);
      const made = addConvolution(graph, input, fitted, geometry, target(name), limit, input.slots.length);
      return mapOf(context, name, made, input.slots);
    }
    if (source.form === 'pixels') {
      const made = addPixelConvolution(graph, source.pixels, filters, geometry, shape(name), target(name), limit);
      return mapOf(context, name, made, plainSlots(count));
    }
    const input = bytes(from);
    const slots = plainSlots(count);
    const fitted = fitFilters(filters, input.slots, slots, paddingBias(context, name));
    return mapOf(context, name, addConvolution(graph, input, fitted, geometry, target(name), limit), slots);
  },

  deconv: ({ name, from, kernel, stride, bias, like, filters: count }, context) => {
    const { graph, shape, target, bytes, tensors, limit } = context;
    const input = bytes(from);
    const rows = transposedWindow(input.shape.height, kernel[0], stride, shape(like).height);
    const columns = transposedWindow(input.shape.width, kernel[1], stride, shape(like).width);
    const offsets = bias ? tensors.get(`${name}.bias`)!.data : new Float32Array(count);
    const weight = tensors.get(`${name}.weight`)!;
    const phases = transposedPhases(
      weight,
      offsets,
      stride,
      [rows.before, columns.before],
      paddingBias(context, name),
    ).map(({ filters, before }) => ({ before, filters: fitInput(filters, input.slots) }));
    const made = addRowPhases(graph, input, phases, shape(name), target(name), limit);
    return mapOf(context, name, made, plainSlots(count));
  },

  maxPool: (layer, context) => {
    const { graph, shape, value, bytes, isUnpooled, planes } = context;
    const source = value(layer.from);
    if (isUnpooled(layer.name)) {
      const pooled = addPoolPlanes(graph, bytes(layer.from));
      planes.set(layer.name, pooled.planes);
      return { form: 'bytes', map: pooled.output };
    }
    if (source.form === 'pixels') {
      const name = pool(context, layer, source.pixels.name);
      return { form: 'pixels', pixels: { ...source.pixels, name, shape: shape(layer.name) } };
    }
    const input = bytes(layer.from);
    return { form: 'bytes', map: { ...input, name: pool(context, layer, input.name), shape: shape(layer.name) } };
  },

  maxUnpool: ({ name, from, indicesOf }, { graph, shape, bytes, planes, limit }) => {
    const kept = planes.get(indicesOf);
    if (kept === undefined) return undefined;
    // The planes have the slots of the pool's map.
    const input = moveSlots(graph, bytes(from), bytes(indicesOf).slots, limit);
    return { form: 'bytes', map: addUnpoolPlanes(graph, input, kept, shape(name)) };
  },

  batchNorm: (layer, context) => {
    const { graph, tensors, target, bytes, limit } = context;
    const input = bytes(layer.from);
    const filters = fitDepthwise(normalisationFilters(layer, tensors), input.slots);
    const made = addConvolution(graph, input, filters, PLAIN, target(layer.name), limit, input.slots.length);
    return mapOf(context, layer.name, made, input.slots);
  },

  relu: ({ from }, context) => {
    const { graph, bytes, hasRelu } = context;
    const input = bytes(from);
    if (hasRelu(from)) return { form: 'bytes', map: input };
    const zero = graph.constant('uint8', Uint8Array.of(input.zeroPoint), []);
    return { form: 'bytes', map: { ...input, name: graph.add('Max', [input.name, zero]) } };
  },

  prelu: ({ name, from }, { graph, tensors, bytes, limit }) => {
    const slopes = tensors.get(`${name}.weight`)!.data;
    // For slopes up to one, the PReLU is the maximum of a value and the scaled value.
    if (slopes.some((slope) => slope > 1)) return undefined;
    const input = bytes(from);
    // A negative slope turns negative values into positive ones that may exceed the input's range.
    const [lowest, highest] = boundsOf(input);
    if (slopes.some((slope) => slope * lowest > highest)) return undefined;
    const scale = makeFilters(
      [slopes.length, 1, 1, 1],
      (channel) => slopes[channel]!,
      () => 0,
    );
    const scaled = addConvolution(
      graph,
      input,
      fitDepthwise(scale, input.slots),
      PLAIN,
      input,
      limit,
      input.slots.length,
    );
    return { form: 'bytes', map: { ...input, name: graph.add('Max', [input.name, scaled]) } };
  },

  add: ({ name, from }, context) => {
    const { graph, target, bytes, limit } = context;
    const left = bytes(from[0]);
    const right = moveSlots(graph, bytes(from[1]), left.slots, limit);
    const operands = [left, right].flatMap((map) => [map.name, ...affineConstants(graph, map)]);
    const made = graph.add('com.microsoft.QLinearAdd', [...operands, ...affineConstants(graph, target(name))]);
    return mapOf(context, name, made, left.slots);
  },

  concat: ({ name, from }, context) => {
    const { graph, shape, target, bytes } = context;
    const output = target(name);
    const inputs = from.map((each) => bytes(each));
    let first = 0;
    const slots = inputs.flatMap((map, i) => {
      const begin = first;
      first += shape(from[i]!).channels;
      return map.slots.map((channel) => (channel < 0 ? -1 : begin + channel));
    });
    const isCommon = inputs.every(({ scale, zeroPoint }) => scale === output.scale && zeroPoint === output.zeroPoint);
    const made = isCommon
      ? graph.add(
          'Concat',
          inputs.map((map) => map.name),
          { axis: 3 },
        )
      : graph.add(
          'com.microsoft.QLinearConcat',
          [...affineConstants(graph, output), ...inputs.flatMap((map) => [map.name, ...affineConstants(graph, map)])],
          { axis: 3 },
        );
    return mapOf(context, name, made, slots);
  },

  // On bytes ONNX Runtime's interpolation is slow and truncates where it should round.
  resizeBilinear: () => undefined,

  padChannels: ({ name, from, channels }, { graph, shape, bytes, limit }) => {
    const given = plainSlots(channels).map((channel) => (channel < shape(from).channels ? channel : -1));
    // What was padding is now a channel of zeros.
    const map = { ...moveSlots(graph, bytes(from), given, limit), slots: plainSlots(channels), shape: shape(name) };
    return { form: 'bytes', map };
  },

  dropout: ({ from }, { value }) => value(from),
};

/** Adds one layer on bytes, or returns undefined for a layer that has to be float32. */
export function addInt8Layer(layer: Layer, context: Int8Context): Int8Value | undefined {
  return applyRule(RULES, layer, context);
}

function mapOf({ shape, target }: Int8Context, layer: string, name: string, slots: readonly number[]): Int8Value {
  return { form: 'bytes', map: { name, shape: shape(layer), slots, ...target(layer) } };
}

/** Slots after the last class must never win. */
function paddingBias({ isLast }: Int8Context, name: string): number {
  return isLast(name) ? Number.NEGATIVE_INFINITY : 0;
}

/** Rearranges filters for the slots of an input; their outputs keep plain slots. */
function fitInput(filters: Filters, slots: readonly number[]): Filters {
  const outputs = Array.from({ length: filters.count }, (_, i) => i);
  return fitFilters(filters, slots, outputs);
}

function pool({ graph, shape }: Int8Context, { from, kernel, stride }: MaxPool, input: string): string {
  const rows = slidingWindow(shape(from).height, kernel, stride);
  const columns = slidingWindow(shape(from).width, kernel, stride);
  return addBytePool(graph, input, kernel, stride, [rows.before, columns.before, rows.after, columns.after]);
}
