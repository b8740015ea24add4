import { applyRule, type Layer, type LayerRules } from '../layer.js';
import { type Shape, slidingWindow, transposedWindow } from '../shapes.js';
import type { Weights } from '../weights.js';
import type { GraphBuilder } from './graph-builder.js';
import { type MaxPlanes, poolPlanes, unpoolPlanes } from './max-planes.js';

/** The name of every graph's input: uint8 RGB [N, height, width, 3]. */
export const GRAPH_INPUT = 'pictures';

/** The context in which a layer's operators are added. */
export interface FloatContext {
  readonly graph: GraphBuilder;
  /** Whether unpools use indices or planes (`GraphOptions`). */
  readonly unpool: 'indices' | 'planes';
  readonly tensors: Weights['tensors'];
  readonly normalisation: Weights['card']['normalisation'];
  readonly shape: (name: string) => Shape;
  /** The ONNX name of a layer's output. */
  readonly value: (layer: string) => string;
  /** The positions of a pool's maxima, for its unpools: an indices tensor or planes. */
  readonly positions: Map<string, string | MaxPlanes>;
  /** The pools that are unpooled. */
  readonly unpooled: ReadonlySet<string>;
}

type Rules = LayerRules<[context: FloatContext], string>;

const RULES: Rules = {
  input: (_layer, { graph, normalisation: { mean, std } }) => {
    // (pixel / 255 - mean) / std, as one subtraction and one multiplication. It is not folded into the first convolution, whose
    // padding must be zero after normalisation.
    const pixels = graph.add('Cast', [GRAPH_INPUT], { to: 1 });
    const centred = graph.add('Sub', [
      pixels,
      graph.floats(
        mean.map((value) => value * 255),
        [3],
      ),
    ]);
    const scaled = graph.add('Mul', [
      centred,
      graph.floats(
        std.map((value) => 1 / (255 * value)),
        [3],
      ),
    ]);
    return graph.add('Transpose', [scaled], { perm: [0, 3, 1, 2] });
  },

  conv: ({ name, from, kernel, stride, dilation, groups, bias }, { graph, tensors, shape, value }) => {
    const rows = slidingWindow(shape(from).height, kernel[0], stride, dilation);
    const columns = slidingWindow(shape(from).width, kernel[1], stride, dilation);
    const inputs = [value(from), tensor(graph, tensors, `${name}.weight`)];
    if (bias) inputs.push(tensor(graph, tensors, `${name}.bias`));
    return graph.add('Conv', inputs, {
      kernel_shape: kernel,
      strides: [stride, stride],
      dilations: [dilation, dilation],
      group: groups,
      pads: [rows.before, columns.before, rows.after, columns.after],
    });
  },

  deconv: ({ name, from, kernel, stride, bias, like }, { graph, tensors, shape, value }) => {
    const rows = transposedWindow(shape(from).height, kernel[0], stride, shape(like).height);
    const columns = transposedWindow(shape(from).width, kernel[1], stride, shape(like).width);
    const inputs = [value(from), tensor(graph, tensors, `${name}.weight`)];
    if (bias) inputs.push(tensor(graph, tensors, `${name}.bias`));
    return graph.add('ConvTranspose', inputs, {
      kernel_shape: kernel,
      strides: [stride, stride],
      pads: [rows.before, columns.before, Math.max(rows.after, 0), Math.max(columns.after, 0)],
      output_padding: [Math.max(-rows.after, 0), Math.max(-columns.after, 0)],
    });
  },

  maxPool: ({ name, from, kernel, stride }, { graph, unpool, shape, value, positions, unpooled }) => {
    if (unpool === 'planes' && unpooled.has(name)) {
      const { output, planes } = poolPlanes(graph, value(from), shape(from));
      positions.set(name, planes);
      return output;
    }
    const attributes = poolAttributes(shape(from), kernel, stride);
    if (!unpooled.has(name)) return graph.add('MaxPool', [value(from)], attributes);
    const [output, indices] = graph.addMany('MaxPool', [value(from)], attributes, 2);
    positions.set(name, indices!);
    return output!;
  },

  maxUnpool: ({ from, name, indicesOf }, { graph, shape, value, positions }) => {
    const kept = positions.get(indicesOf)!;
    if (typeof kept !== 'string') return unpoolPlanes(graph, value(from), kept, shape(name));
    // With the pool's own padding, ONNX infers odd sizes by itself.
    return graph.add('MaxUnpool', [value(from), kept], poolAttributes(shape(name), 2, 2));
  },

  batchNorm: ({ name, from, epsilon }, { graph, tensors, value }) => {
    const parameters = ['weight', 'bias', 'running_mean', 'running_var'];
    return graph.add(
      'BatchNormalization',
      [value(from), ...parameters.map((suffix) => tensor(graph, tensors, `${name}.${suffix}`))],
      { epsilon: { float: epsilon } },
    );
  },

  relu: ({ from }, { graph, value }) => graph.add('Relu', [value(from)]),

  prelu: ({ name, from }, { graph, tensors, value }) => {
    const { data } = tensors.get(`${name}.weight`)!;
    return graph.add('PRelu', [value(from), graph.floats(data, [data.length, 1, 1])]);
  },

  add: ({ from }, { graph, value }) => graph.add('Add', from.map(value)),

  concat: ({ from }, { graph, value }) => graph.add('Concat', from.map(value), { axis: 1 }),

  resizeBilinear: ({ from, like }, { graph, shape, value }) => {
    // All four sizes are given: with two sizes and `axes`, ONNX Runtime's reordering of maps breaks int8 graphs, and OpenCV
    // cannot read the file.
    const batchAndChannels = graph.add('Shape', [value(from)], { start: 0, end: 2 });
    const area = graph.integers([shape(like).height, shape(like).width]);
    const sizes = graph.add('Concat', [batchAndChannels, area], { axis: 0 });
    return graph.add('Resize', [value(from), '', '', sizes], {
      mode: 'linear',
      coordinate_transformation_mode: 'align_corners',
    });
  },

  padChannels: ({ from, channels }, { graph, shape, value }) => {
    const missing = channels - shape(from).channels;
    // ONNX Runtime drops the input of a Pad that adds nothing, even where that input is also an output (`watch`).
    if (missing === 0) return value(from);
    return graph.add('Pad', [value(from), graph.integers([0, 0, 0, 0, 0, missing, 0, 0]), graph.floats([0], [])]);
  },

  dropout: ({ from }, { value }) => value(from),
};

function tensor(graph: GraphBuilder, tensors: Weights['tensors'], name: string): string {
  const { shape, data } = tensors.get(name)!;
  return graph.floats(data, shape);
}

function poolAttributes({ height, width }: Shape, kernel: number, stride: number) {
  const rows = slidingWindow(height, kernel, stride);
  const columns = slidingWindow(width, kernel, stride);
  return {
    kernel_shape: [kernel, kernel],
    strides: [stride, stride],
    pads: [rows.before, columns.before, rows.after, columns.after],
  };
}

/** Adds one layer in float32, with maps [N, C, H, W], and returns the ONNX name of its output. */
export function addFloatLayer(layer: Layer, context: FloatContext): string {
  return applyRule(RULES, layer, context);
}
