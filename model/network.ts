import { inputsOf, type Layer } from './layer.js';
import { shapesOf } from './shapes.js';

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

/** Any size will do to see whether the last layer is as large as the picture; odd ones are the hardest. */
const TRIED = { height: 47, width: 65 };

/**
 * Checks that names are unique and read, and only backwards, that shapes fit together and that the last layer gives a score for each
 * class and pixel; freezes the list.
 *
 * @throws `TypeError` on a builder's mistake.
 */
export function defineNetwork(network: Network): Network {
  const seen = new Map<string, Layer>();
  const read = new Set<string>();
  for (const layer of network.layers) {
    if (seen.has(layer.name)) throw new TypeError(`${network.name}: two layers are called ${layer.name}`);
    const references = [...inputsOf(layer)];
    if ('like' in layer) references.push(layer.like);
    if ('indicesOf' in layer) references.push(layer.indicesOf);
    for (const name of references) {
      if (!seen.has(name))
        throw new TypeError(`${network.name}: ${layer.name} reads ${name}, which is not an earlier layer`);
      read.add(name);
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
  const last = network.layers.at(-1)!;
  const unread = network.layers.find((layer) => layer !== last && !read.has(layer.name));
  if (unread !== undefined) throw new TypeError(`${network.name}: nothing reads ${unread.name}`);
  const { channels, height, width } = shapesOf(network, TRIED.height, TRIED.width).get(last.name)!;
  if (channels !== network.classes || height !== TRIED.height || width !== TRIED.width) {
    throw new TypeError(
      `${network.name}: ${last.name} gives [${channels}, ${height}, ${width}] for a picture of ${TRIED.width}x${TRIED.height}, not scores of ${network.classes} classes`,
    );
  }
  return Object.freeze({ ...network, layers: Object.freeze([...network.layers]) });
}
