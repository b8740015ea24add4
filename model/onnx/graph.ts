import type { Network } from '../network.js';
import { shapesOf } from '../shapes.js';
import type { Weights } from '../weights.js';
import { addFloatLayer, type FloatContext, GRAPH_INPUT } from './float-layers.js';
import { foldBatchNorm } from './fold-batch-norm.js';
import { GraphBuilder } from './graph-builder.js';
import type { OnnxValue } from './proto.js';

/** Options of a graph. */
export interface GraphOptions {
  readonly height: number;
  readonly width: number;
  /**
   * `indices`: MaxPool with indices and MaxUnpool, the fastest on ONNX Runtime's CPU. `planes`: the same results from
   * operators that every runtime has (GPU providers, WebGPU, OpenVINO).
   */
  readonly unpool: 'indices' | 'planes';
  /** The graph's output and its name. `mask`: uint8 [N, height, width]. `scores`: float32 [N, classes, height, width]. */
  readonly output: 'mask' | 'scores';
  /** Layers (after `foldBatchNorm`) whose maps are outputs too, each named by `watchedName`. */
  readonly watch?: readonly string[];
}

/** The operator set of the graphs. */
const OPSETS = { '': 18 };

/**
 * Writes a network with its weights as the bytes of an ONNX model in float32 and standard operators: uint8 RGB pictures [N,
 * height, width, 3] in, masks or scores out, for any number of pictures of one size. Normalisation, layout, argmax and the cast
 * to uint8 are part of the graph.
 */
export function buildGraph(network: Network, { card, tensors }: Weights, options: GraphOptions): Uint8Array {
  const { height, width } = options;
  const folded = foldBatchNorm(network, tensors);
  const shapes = shapesOf({ ...network, layers: folded.layers }, height, width);
  const graph = new GraphBuilder();
  const values = new Map<string, string>();
  const context: FloatContext = {
    graph,
    unpool: options.unpool,
    tensors: folded.tensors,
    normalisation: card.normalisation,
    shape: (name) => shapes.get(name)!,
    value: (layer) => values.get(layer)!,
    positions: new Map(),
    unpooled: new Set(folded.layers.flatMap((layer) => (layer.op === 'maxUnpool' ? [layer.indicesOf] : []))),
  };
  let last = '';
  for (const layer of folded.layers) {
    last = addFloatLayer(layer, context);
    values.set(layer.name, last);
  }
  if (options.output === 'scores') {
    graph.addNamed('scores', 'Identity', [last]);
  } else {
    graph.addNamed('mask', 'Cast', [graph.add('ArgMax', [last], { axis: 1, keepdims: 0 })], { to: 2 });
  }
  const watched = (options.watch ?? []).map((name): OnnxValue => {
    graph.addNamed(watchedName(name), 'Identity', [values.get(name)!]);
    const shape = shapes.get(name)!;
    return { name: watchedName(name), type: 'float32', shape: ['N', shape.channels, shape.height, shape.width] };
  });
  return graph.encode({
    name: network.name,
    inputs: [graphInput(height, width)],
    outputs: [graphOutput(options.output, network.classes, height, width), ...watched],
    opsets: OPSETS,
    metadata: { network: network.name, classes: JSON.stringify(card.classes) },
  });
}

/** The name of a watched layer's output, which cannot clash with the graph's own names. */
export function watchedName(layer: string): string {
  return `layer:${layer}`;
}

/** The input of every graph. */
export function graphInput(height: number, width: number): OnnxValue {
  return { name: GRAPH_INPUT, type: 'uint8', shape: ['N', height, width, 3] };
}

/** The output of every graph, named after its kind. */
export function graphOutput(kind: 'mask' | 'scores', classes: number, height: number, width: number): OnnxValue {
  return kind === 'scores'
    ? { name: kind, type: 'float32', shape: ['N', classes, height, width] }
    : { name: kind, type: 'uint8', shape: ['N', height, width] };
}
