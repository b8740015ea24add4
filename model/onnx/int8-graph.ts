import type { Calibration } from '../calibration.js';
import { inputsOf, type Layer } from '../layer.js';
import type { Network } from '../network.js';
import { shapesOf } from '../shapes.js';
import type { Weights } from '../weights.js';
import { makeFilters } from './filters.js';
import { addFloatLayer, type FloatContext } from './float-layers.js';
import { foldBatchNorm } from './fold-batch-norm.js';
import { graphInput, graphOutput } from './graph.js';
import { GraphBuilder } from './graph-builder.js';
import {
  addPixelConvolution,
  affineConstants,
  moveSlots,
  PLAIN,
  picturesOf,
  type WeightLimit,
} from './int8-convolution.js';
import { addInt8Layer, type Int8Context, type Int8Value } from './int8-layers.js';
import { addPlaneScores, addPointMask, addPointScores, isPointwise } from './int8-scores.js';
import { addStem, findStem } from './int8-stem.js';
import { type Affine, affineOf, plainSlots, type QuantisedMap } from './quantised-map.js';

/** Options of an int8 graph. */
export interface Int8GraphOptions {
  readonly height: number;
  readonly width: number;
  readonly output: 'mask' | 'scores';
  /** 127, or 63 for processors that would overflow (`int8Support`). */
  readonly limit: WeightLimit;
}

/** QLinearConv and similar operators are ONNX Runtime's own. */
const OPSETS = { '': 18, 'com.microsoft': 1 };

/** Layers that can give their output in any range, so a ReLU after them can be fused into it. */
const TAKES_RELU: ReadonlySet<Layer['op']> = new Set(['conv', 'deconv', 'add', 'batchNorm']);

/**
 * Writes a network in int8 for ONNX Runtime's processor kernels, as `buildGraph` does in float32: bytes [N, H, W, C]
 * throughout, int8 weights with a scale for each filter, batch normalisation and ReLU fused into the convolutions, pool and
 * unpool exact on the bytes. Layers without an int8 form, and those that the calibration lists, are float32.
 */
export function buildInt8Graph(
  network: Network,
  { card, tensors }: Weights,
  calibration: Calibration,
  options: Int8GraphOptions,
): Uint8Array {
  const { height, width, output, limit } = options;
  const folded = foldBatchNorm(network, tensors);
  const { layers } = folded;
  const shapes = shapesOf({ ...network, layers }, height, width);
  const shape = (name: string) => shapes.get(name)!;
  const graph = new GraphBuilder();
  const last = layers.at(-1)!;
  const unpooled = new Set(layers.flatMap((layer) => (layer.op === 'maxUnpool' ? [layer.indicesOf] : [])));
  const { target, hasRelu } = targetsOf(layers, calibration);
  const values = new Map<string, Int8Value>();
  const value = (name: string) => values.get(name)!;

  const bytes = remember((name): QuantisedMap => {
    const made = value(name);
    if (made.form === 'bytes') return made.map;
    return made.form === 'pixels' ? bytesOfPixels(made.pixels) : bytesOfFloat(name, made.name);
  });

  function bytesOfPixels(pixels: Extract<Int8Value, { form: 'pixels' }>['pixels']): QuantisedMap {
    const { mean, std } = card.normalisation;
    const channels = [0, 1, 2] as const;
    const lowest = Math.min(...channels.map((i) => -mean[i]! / std[i]!));
    const affine = affineOf([lowest, Math.max(...channels.map((i) => (1 - mean[i]!) / std[i]!))]);
    const copy = makeFilters(
      [3, 3, 1, 1],
      (filter, channel) => (filter === channel ? 1 : 0),
      () => 0,
    );
    const name = addPixelConvolution(graph, pixels, copy, PLAIN, pixels.shape, affine, limit);
    return { ...affine, name, shape: pixels.shape, slots: plainSlots(3) };
  }

  function bytesOfFloat(layer: string, name: string): QuantisedMap {
    const affine = target(layer);
    const { channels } = shape(layer);
    const rounded = graph.add('QuantizeLinear', [name, ...affineConstants(graph, affine)]);
    const plain = Array.from({ length: channels }, (_, i) => i);
    const laid = {
      ...affine,
      name: graph.add('Transpose', [rounded], { perm: [0, 2, 3, 1] }),
      shape: shape(layer),
      slots: plain,
    };
    return moveSlots(graph, laid, plainSlots(channels), limit);
  }

  const float = remember((name): string => {
    const made = value(name);
    if (made.form === 'float') return made.name;
    if (made.form === 'pixels' && layers[0]!.name === name) return addFloatLayer(layers[0]!, floatContext);
    return floatOfBytes(bytes(name));
  });

  function floatOfBytes(map: QuantisedMap): string {
    const plain = moveSlots(graph, map, plainSlots(map.shape.channels), limit);
    const laid = graph.add('Transpose', [plain.name], { perm: [0, 3, 1, 2] });
    const isWhole = plain.slots.length === map.shape.channels;
    const bounds = () => [[0], [map.shape.channels], [1]].map((each) => graph.integers(each));
    const only = isWhole ? laid : graph.add('Slice', [laid, ...bounds()]);
    return graph.add('DequantizeLinear', [only, ...affineConstants(graph, map)]);
  }

  /** The class scores without padding, in order. Padding slots are lowest only where `paddingBias` made them so; elsewhere they might win. */
  function scoresOf(map: QuantisedMap): string {
    const { name, slots } = moveSlots(graph, map, plainSlots(network.classes), limit);
    const isPadded =
      last.op === 'deconv' || (last.op === 'conv' && last.groups === 1 && value(last.from).form !== 'pixels');
    if (isPadded || slots.length === network.classes) return name;
    return graph.add('Slice', [name, graph.integers([0]), graph.integers([network.classes]), graph.integers([3])]);
  }

  const floatContext: FloatContext = {
    graph,
    unpool: 'indices',
    tensors: folded.tensors,
    normalisation: card.normalisation,
    shape,
    value: float,
    positions: new Map(),
    unpooled,
  };
  const context: Int8Context = {
    graph,
    tensors: folded.tensors,
    normalisation: card.normalisation,
    limit,
    shape,
    target,
    hasRelu,
    isLast: (name) => name === last.name,
    isUnpooled: (pool) => unpooled.has(pool),
    value,
    bytes,
    planes: new Map(),
  };

  const kept = new Set(calibration.float);
  const stem = findStem(layers);
  const hasStem = stem !== undefined && ![...stem.layers].some((name) => kept.has(name));
  const pointwise = !kept.has(last.name) && isPointwise(last, shape) ? last : undefined;
  for (const layer of layers) {
    if (layer === pointwise) continue;
    if (hasStem && stem.layers.has(layer.name)) {
      const pixels = picturesOf(shape(layers[0]!.name), card.normalisation);
      const add = () => addStem(graph, stem, pixels, folded.tensors, target(stem.last), limit);
      if (layer.name === stem.last) values.set(layer.name, { form: 'bytes', map: add() });
      continue;
    }
    // An unpool has the form of its pool, and input pictures are bytes.
    const staysFloat = kept.has(layer.name) && layer.op !== 'maxUnpool' && layer.op !== 'input';
    const made = staysFloat ? undefined : addInt8Layer(layer, context);
    values.set(layer.name, made ?? { form: 'float', name: addFloatLayer(layer, floatContext) });
  }
  if (pointwise !== undefined) {
    const scores = addPointScores(graph, pointwise, bytes(pointwise.from), folded.tensors, limit);
    const add = output === 'scores' ? addPlaneScores : addPointMask;
    graph.addNamed(output, 'Identity', [add(graph, scores, shape(last.name))]);
  } else if (output === 'scores') graph.addNamed('scores', 'Identity', [float(last.name)]);
  else {
    const made = value(last.name);
    if (made.form === 'float') addMask(graph, float(last.name), 1);
    else addMask(graph, graph.add('Cast', [scoresOf(bytes(last.name))], { to: 1 }), 3);
  }
  return graph.encode({
    name: `${network.name} int8`,
    inputs: [graphInput(height, width)],
    outputs: [graphOutput(output, network.classes, height, width)],
    opsets: OPSETS,
    metadata: { network: network.name, classes: JSON.stringify(card.classes) },
  });
}

/** Adds the argmax of floats, which is four times faster than that of bytes, so callers cast bytes. */
function addMask(graph: GraphBuilder, scores: string, axis: number): void {
  graph.addNamed('mask', 'Cast', [graph.add('ArgMax', [scores], { axis, keepdims: 0 })], { to: 2 });
}

/** The quantisation of each layer's output, and the layers into which a ReLU is fused. */
function targetsOf(layers: readonly Layer[], { ranges }: Calibration) {
  const readers = new Map<string, Layer[]>();
  for (const layer of layers) {
    for (const name of inputsOf(layer)) readers.set(name, [...(readers.get(name) ?? []), layer]);
  }
  const ops = new Map(layers.map((layer) => [layer.name, layer.op]));
  const onlyReader = (name: string) => (readers.get(name)?.length === 1 ? readers.get(name)![0] : undefined);
  const hasRelu = (name: string) => onlyReader(name)?.op === 'relu' && TAKES_RELU.has(ops.get(name)!);
  const sources = new Map(layers.map((layer) => [layer.name, inputsOf(layer)[0]]));
  /** Layers that only pass values on (pools, unpools, padding) have the range of their input. */
  function rangeOf(name: string): readonly [number, number] {
    const source = sources.get(name);
    return ranges[name] ?? (source === undefined ? [0, 0] : rangeOf(source));
  }
  const own = (name: string) => affineOf(rangeOf(name));
  function target(name: string): Affine {
    const reader = onlyReader(name);
    if (reader?.op === 'relu' && hasRelu(name)) {
      // The range of the concatenation that follows, unless that has negative values, which a fused ReLU would not clip.
      const next = onlyReader(reader.name);
      const shared = next?.op === 'concat' ? own(next.name) : undefined;
      return shared?.zeroPoint === 0 ? shared : affineOf([0, ranges[reader.name]?.[1] ?? 0]);
    }
    return reader?.op === 'concat' ? own(reader.name) : own(name);
  }
  return { target, hasRelu };
}

/** Memoises `make` by name. */
function remember<Result>(make: (name: string) => Result): (name: string) => Result {
  const made = new Map<string, Result>();
  return (name) => {
    if (!made.has(name)) made.set(name, make(name));
    return made.get(name)!;
  };
}
