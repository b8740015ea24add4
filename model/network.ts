import { inputsOf, type Layer } from './layer.js';

/** A network as data: frozen layers in an order in which each reads only earlier ones. The last gives class scores. */
export interface Network {
  /** As on the command line, `segnet-basic`. */
  readonly name: string;
  /** As in the paper, `SegNet-Basic`. */
  readonly title: string;
  readonly classes: number;
  readonly layers: readonly Layer[];
  /** The first layer of the decoder: what it and later ones read from before it has to be kept. */
  readonly decoderStart: string;
}

/** Checks that names are unique and read only backwards, and freezes the list. Throws `TypeError` on a builder's mistake. */
export function defineNetwork(network: Network): Network {
  const seen = new Map<string, Layer>();
  for (const layer of network.layers) {
    if (seen.has(layer.name)) throw new TypeError(`${network.name}: two layers are called ${layer.name}`);
    const references = [...inputsOf(layer)];
    if ('like' in layer) references.push(layer.like);
    if ('indicesOf' in layer) references.push(layer.indicesOf);
    for (const name of references) {
      if (!seen.has(name))
        throw new TypeError(`${network.name}: ${layer.name} reads ${name}, which is not an earlier layer`);
    }
    if (layer.op === 'maxUnpool') {
      const pool = seen.get(layer.indicesOf);
      if (pool?.op !== 'maxPool' || pool.kernel !== 2 || pool.stride !== 2) {
        throw new TypeError(`${network.name}: ${layer.name} unpools ${layer.indicesOf}, which is not a 2x2/2 maxPool`);
      }
    }
    seen.set(layer.name, Object.freeze(layer));
  }
  if (!seen.has(network.decoderStart))
    throw new TypeError(`${network.name}: no layer is called ${network.decoderStart}`);
  return Object.freeze({ ...network, layers: Object.freeze([...network.layers]) });
}
