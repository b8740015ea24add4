import { checkNumber } from '../model/check-option.js';
import {
  layerMultiplyAdds,
  layerParameters,
  layerStoredBytes,
  modelBytes,
  multiplyAdds,
  parameterCount,
  storageMultiplier,
  storedBytes,
} from '../model/cost.js';
import { inputsOf, type Layer } from '../model/layer.js';
import type { Network } from '../model/network.js';
import { buildNetwork, networkNames } from '../model/networks/index.js';
import { type PublishedSize, publishedSizes, sizeDifferences } from '../model/published.js';
import { type Shape, shapesOf } from '../model/shapes.js';
import type { Size } from '../model/size.js';
import { textTable } from './text-table.js';

/** The networks to describe, and the pictures to assume. */
export interface DescribeOptions {
  /** By default all networks are described, without their layers. */
  readonly network?: string | undefined;
  /**
   * The picture's size. Defaults to 480x360, as in the paper.
   */
  readonly size?: Size | undefined;
  /** The number of classes; CamVid has 11. @default 11 */
  readonly classes?: number | undefined;
}

/** One row of a network's layer table. */
export interface LayerDescription {
  readonly name: string;
  readonly op: Layer['op'];
  /** The layers whose maps it reads. */
  readonly reads: readonly string[];
  /** For an unpool, the pool whose indices it reads. */
  readonly indicesOf?: string;
  readonly output: Shape;
  readonly parameters: number;
  readonly multiplyAdds: number;
  /** Bytes of its output (for a pool, of its indices) that are kept for the decoder. */
  readonly storedBytes: number;
}

/** What a network costs, with the published figures. */
export interface NetworkDescription {
  readonly name: string;
  readonly title: string;
  readonly classes: number;
  readonly width: number;
  readonly height: number;
  readonly parameters: number;
  /** Bytes of float32 weights on disk, with batch norm's running statistics. */
  readonly modelBytes: number;
  readonly multiplyAdds: number;
  readonly storedBytes: number;
  /** The memory kept for the decoder, divided by that of max-pooling indices (Table 1). */
  readonly storageMultiplier: number;
  readonly published: PublishedSize;
  /** This project's figure divided by the published one: parameters if published, otherwise the size on disk; null where neither is published. */
  readonly ratio: number | null;
  /** Why the ratio differs from 1 by more than 3 %. */
  readonly difference?: string;
  /** Present where one network was requested. */
  readonly layers?: readonly LayerDescription[];
}

/**
 * Describes one network with its layers, or all networks without. `segnet-stream describe --json` prints this array.
 *
 * @throws `Failure` `NETWORK_UNKNOWN`; `OPTION_INVALID` for an impossible size or number of classes.
 */
export function describe(options: DescribeOptions = {}): readonly NetworkDescription[] {
  const { network, size = { width: 480, height: 360 }, classes = 11 } = options;
  for (const side of ['width', 'height'] as const) {
    checkNumber(`size.${side}`, size[side], { min: 1, max: 65_536, integer: true });
  }
  if (network === undefined) return networkNames.map((name) => describeNetwork(buildNetwork(name, classes), size));
  const built = buildNetwork(network, classes);
  return [{ ...describeNetwork(built, size), layers: describeLayers(built, size) }];
}

function describeNetwork(network: Network, { width, height }: Size): NetworkDescription {
  const { name, title, classes } = network;
  const parameters = parameterCount(network);
  const bytes = modelBytes(network);
  const published = publishedSizes.get(name) ?? {};
  const difference = sizeDifferences.get(name);
  return {
    name,
    title,
    classes,
    width,
    height,
    parameters,
    modelBytes: bytes,
    multiplyAdds: multiplyAdds(network, height, width),
    storedBytes: storedBytes(network, height, width),
    storageMultiplier: storageMultiplier(network),
    published,
    ratio: ratioOf(parameters, bytes, published),
    ...(difference !== undefined && { difference }),
  };
}

function ratioOf(parameters: number, bytes: number, published: PublishedSize): number | null {
  if (published.parameters !== undefined) return parameters / published.parameters;
  if (published.modelMegabytes !== undefined) return bytes / 1e6 / published.modelMegabytes;
  return null;
}

function describeLayers(network: Network, { width, height }: Size): readonly LayerDescription[] {
  const shapes = shapesOf(network, height, width);
  const parameters = layerParameters(network);
  const macs = layerMultiplyAdds(network, height, width);
  const stored = layerStoredBytes(network, height, width);
  return network.layers.map((layer) => ({
    name: layer.name,
    op: layer.op,
    reads: inputsOf(layer),
    ...(layer.op === 'maxUnpool' && { indicesOf: layer.indicesOf }),
    output: shapes.get(layer.name)!,
    parameters: parameters.get(layer.name)!,
    multiplyAdds: macs.get(layer.name)!,
    storedBytes: stored.get(layer.name) ?? 0,
  }));
}

/** Renders descriptions for people to read: the layer table of one network, or an overview with the published figures. */
export function renderDescriptions(descriptions: readonly NetworkDescription[]): string {
  const [first] = descriptions;
  if (first === undefined) return '';
  const layers = first.layers === undefined ? [] : [renderLayers(first.layers), ''];
  const notes = descriptions.flatMap(({ title, difference }) =>
    difference === undefined ? [] : [`${title}: ${difference}`],
  );
  return [
    `Multiply-adds (MAC) and memory kept for the decoder are for one picture of ${first.width}x${first.height} and ${first.classes} classes;`,
    'published figures are in brackets, the ratio is ours over theirs.',
    '',
    ...layers,
    renderOverview(descriptions),
    ...(notes.length > 0 ? ['', ...notes] : []),
  ].join('\n');
}

function renderLayers(layers: readonly LayerDescription[]): string {
  const rows = layers.map(({ name, op, reads, indicesOf, output, parameters, multiplyAdds, storedBytes }) => [
    name,
    op,
    indicesOf === undefined ? reads.join(' ') : `${reads.join(' ')} (by ${indicesOf})`,
    `${output.channels}x${output.height}x${output.width}`,
    dashIfZero(parameters, String),
    dashIfZero(multiplyAdds, millions),
    dashIfZero(storedBytes, kilobytes),
  ]);
  return textTable([['layer', 'op', 'reads', 'output', 'parameters', 'MMAC', 'kept kB'], ...rows]);
}

function renderOverview(descriptions: readonly NetworkDescription[]): string {
  const bracketed = (value: number | null | undefined, format: (value: number) => string) =>
    value === undefined ? '' : `(${value === null ? 'n/a' : format(value)})`;
  const rows = descriptions.map(({ name, published, ratio, ...ours }) => [
    name,
    `${millions(ours.parameters)}`,
    bracketed(published.parameters, millions),
    (ours.modelBytes / 1e6).toFixed(1),
    bracketed(published.modelMegabytes, String),
    ratio === null ? '' : ratio.toFixed(3),
    (ours.multiplyAdds / 1e9).toFixed(2),
    kilobytes(ours.storedBytes),
    Number(ours.storageMultiplier.toFixed(2)).toString(),
    bracketed(published.storageMultiplier, String),
  ]);
  const head = ['network', 'M params', '', 'MB', '', 'ratio', 'GMAC', 'kept kB', 'kept/indices', ''];
  return textTable([head, ...rows]);
}

const millions = (value: number) => (value / 1e6).toFixed(3);
const kilobytes = (value: number) => (value / 1e3).toFixed(value < 1e4 ? 1 : 0);
const dashIfZero = (value: number, format: (value: number) => string) => (value === 0 ? '-' : format(value));
