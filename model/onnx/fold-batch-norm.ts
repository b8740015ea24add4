import { type BatchNorm, type Conv, type Deconv, inputsOf, type Layer } from '../layer.js';
import type { Network } from '../network.js';
import type { Tensor } from '../safetensors.js';
import type { Weights } from '../weights.js';

/** A network's layers and their weights. */
export interface FoldedNetwork {
  readonly layers: readonly Layer[];
  readonly tensors: Weights['tensors'];
}

/**
 * Removes what inference does not need: dropouts, and each batch normalisation that is the only reader of a (transposed)
 * convolution, which is folded into that layer's weights and bias. Other normalisations stay. Results differ only by float
 * rounding.
 */
export function foldBatchNorm(network: Network, weights: Weights['tensors']): FoldedNetwork {
  const readers = new Map<string, number>();
  for (const name of network.layers.flatMap(inputsOf)) readers.set(name, (readers.get(name) ?? 0) + 1);
  const layers = new Map<string, Layer>();
  const tensors = new Map(weights);
  /** The layer that replaces a removed one. */
  const renamed = new Map<string, string>();
  for (const original of network.layers) {
    const layer = rename(original, renamed);
    const source = layer.op === 'batchNorm' ? layers.get(layer.from) : undefined;
    if (
      layer.op === 'batchNorm' &&
      (source?.op === 'conv' || source?.op === 'deconv') &&
      readers.get(source.name) === 1
    ) {
      for (const [name, tensor] of fold(source, layer, tensors)) tensors.set(name, tensor);
      layers.set(source.name, { ...source, bias: true });
      renamed.set(layer.name, source.name);
      readers.set(source.name, readers.get(layer.name) ?? 0);
    } else if (layer.op === 'dropout') {
      renamed.set(layer.name, layer.from);
      readers.set(layer.from, readers.get(layer.from)! - 1 + (readers.get(layer.name) ?? 0));
    } else {
      layers.set(layer.name, layer);
    }
  }
  return { layers: [...layers.values()], tensors };
}

function rename(layer: Layer, renamed: ReadonlyMap<string, string>): Layer {
  const now = (name: string) => renamed.get(name) ?? name;
  const changed: Record<string, unknown> = { ...layer };
  if ('from' in layer) changed.from = typeof layer.from === 'string' ? now(layer.from) : layer.from.map(now);
  if ('like' in layer) changed.like = now(layer.like);
  if ('indicesOf' in layer) changed.indicesOf = now(layer.indicesOf);
  return changed as unknown as Layer;
}

function fold(layer: Conv | Deconv, norm: BatchNorm, tensors: Weights['tensors']): [string, Tensor][] {
  const of = (name: string) => tensors.get(name)!.data;
  const factors = of(`${norm.name}.weight`).map(
    (gamma, i) => gamma / Math.sqrt(of(`${norm.name}.running_var`)[i]! + norm.epsilon),
  );
  const bias = layer.bias ? of(`${layer.name}.bias`) : new Float32Array(layer.filters);
  const { shape, data } = tensors.get(`${layer.name}.weight`)!;
  // Filters are the first dimension of a convolution and the second of a transposed one.
  const inner = layer.op === 'conv' ? data.length / layer.filters : shape[2]! * shape[3]!;
  const scaled = new Float32Array(data.length);
  for (let begin = 0; begin < data.length; begin += inner) {
    const factor = factors[(begin / inner) % layer.filters]!;
    for (let i = begin; i < begin + inner; i += 1) scaled[i] = data[i]! * factor;
  }
  return [
    [`${layer.name}.weight`, { shape, data: scaled }],
    [
      `${layer.name}.bias`,
      {
        shape: [layer.filters],
        data: bias.map(
          (value, i) => (value - of(`${norm.name}.running_mean`)[i]!) * factors[i]! + of(`${norm.name}.bias`)[i]!,
        ),
      },
    ],
  ];
}
