import { applyRule, inputsOf, type Layer, type LayerRules } from './layer.js';
import { shapesOf } from './shapes.js';

/** A network as data: a frozen list of layers, each of which reads only earlier ones. The last one gives class scores. */
export interface Network {
  /** The name on the command line, `segnet-basic`. */
  readonly name: string;
  /** The name in the paper, `SegNet-Basic`. */
  readonly title: string;
  readonly classes: number;
  readonly layers: readonly Layer[];
  /** The first layer of the decoder. What the decoder reads from earlier layers has to be kept in memory. */
  readonly decoderStart: string;
}

/** A field, its value, and what the value has to be. */
type Field = readonly [field: string, value: unknown, expected: keyof typeof EXPECTED];

const EXPECTED = {
  'a whole number of at least 1': (value: unknown) => Number.isInteger(value) && (value as number) >= 1,
  'a number above 0': (value: unknown) => Number.isFinite(value) && (value as number) > 0,
  'a number from 0 to below 1': (value: unknown) =>
    Number.isFinite(value) && 0 <= (value as number) && (value as number) < 1,
  'two whole numbers of at least 1': (value: unknown) =>
    Array.isArray(value) && value.length === 2 && value.every((side) => Number.isInteger(side) && side >= 1),
  'the 3 of a picture': (value: unknown) => value === 3,
  'bilinear, as the kernel is not learnt': (value: unknown) => value === 'bilinear',
} as const;

const counts = (fields: Readonly<Record<string, unknown>>): Field[] =>
  Object.entries(fields).map(([field, value]) => [field, value, 'a whole number of at least 1']);
const none = () => [];

/** The fields of each kind of layer whose values may be wrong although their types are right. */
const FIELDS: LayerRules<[], readonly Field[]> = {
  input: ({ channels }) => [['channels', channels, 'the 3 of a picture']],
  conv: ({ filters, kernel, stride, dilation, groups }) => [
    ['kernel', kernel, 'two whole numbers of at least 1'],
    ...counts({ filters, stride, dilation, groups }),
  ],
  deconv: ({ filters, kernel, stride, initial, learnt }) => [
    ['kernel', kernel, 'two whole numbers of at least 1'],
    ...counts({ filters, stride }),
    ...(learnt ? [] : [['initial', initial, 'bilinear, as the kernel is not learnt'] as const]),
  ],
  maxPool: ({ kernel, stride }) => counts({ kernel, stride }),
  maxUnpool: none,
  batchNorm: ({ epsilon }) => [['epsilon', epsilon, 'a number above 0']],
  relu: none,
  prelu: none,
  add: none,
  concat: none,
  resizeBilinear: none,
  padChannels: ({ channels }) => counts({ channels }),
  dropout: ({ rate }) => [['rate', rate, 'a number from 0 to below 1']],
};

/** The picture size with which a network's shapes are checked. Odd numbers are the hardest case. */
const TRIED = { height: 47, width: 65 };

/**
 * Checks a network and freezes its list of layers: only the first layer is an input, names are unique, every layer is read and
 * reads only earlier ones, numbers make sense, shapes fit together, and the last layer gives a score for each class and pixel.
 *
 * @throws `TypeError` on a builder's mistake.
 */
export function defineNetwork(network: Network): Network {
  const seen = new Map<string, Layer>();
  const read = new Set<string>();
  for (const [index, layer] of network.layers.entries()) {
    if (!Object.hasOwn(FIELDS, layer.op))
      throw new TypeError(`${network.name}: ${layer.name} is a ${layer.op}, which is no kind of layer`);
    if ((layer.op === 'input') !== (index === 0))
      throw new TypeError(
        `${network.name}: expected the first layer alone to be the input, got ${layer.op} ${layer.name}`,
      );
    for (const [field, value, expected] of applyRule(FIELDS, layer)) {
      if (!EXPECTED[expected](value))
        throw new TypeError(`${network.name}: expected ${field} of ${layer.name} to be ${expected}, got ${value}`);
    }
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
