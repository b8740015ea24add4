import type { Size } from '../size.js';
import type { GraphBuilder } from './graph-builder.js';
import { cut, padBytes } from './int8-convolution.js';
import type { QuantisedMap } from './quantised-map.js';

/*
 * As onnx/max-planes.ts, on bytes [N, H, W, C], with the same maxima as indices on the same bytes, also for ties and at odd
 * edges. Pairs of pixels are side by side in [N, H, W / 2, 2 C], pairs of rows in [N H / 2, 2, W C].
 */

/** The positions of a pool's maxima: bytes that are 0 or 1. */
export interface BytePlanes {
  /** [N, even height, width / 2, C]: 1 where the right pixel was greater. */
  readonly right: string;
  /** [N, even height / 2, width / 2 * C] as rows: 1 where the lower winner was greater. */
  readonly lower: string;
}

const even = (size: number) => size + (size % 2);

/** Pools by 2x2 and records where the maxima were. */
export function addPoolPlanes(graph: GraphBuilder, map: QuantisedMap): { output: QuantisedMap; planes: BytePlanes } {
  const { height, width, channels } = map.shape;
  const [rows, columns, slotCount] = [even(height), even(width), map.slots.length];
  const edges = [0, 0, 0, 0, 0, rows - height, columns - width, 0];
  const isEven = rows === height && columns === width;
  const padded = isEven ? map.name : padBytes(graph, map.name, edges, 0);
  const pairs = graph.add('Reshape', [padded, graph.integers([-1, rows, columns / 2, 2 * slotCount])]);
  const [left, right] = graph.addMany('Split', [pairs], { axis: 3, num_outputs: 2 }, 2) as [string, string];
  const across = graph.add('Max', [left, right]);
  const lines = graph.add('Reshape', [across, graph.integers([-1, 2, (columns / 2) * slotCount])]);
  const [upper, lower] = graph.addMany('Split', [lines], { axis: 1, num_outputs: 2 }, 2) as [string, string];
  const pooled = graph.add('Reshape', [
    graph.add('Max', [upper, lower]),
    graph.integers([-1, rows / 2, columns / 2, slotCount]),
  ]);
  return {
    output: { ...map, name: pooled, shape: { channels, height: rows / 2, width: columns / 2 } },
    planes: { right: isGreater(graph, right, left), lower: isGreater(graph, lower, upper) },
  };
}

function isGreater(graph: GraphBuilder, first: string, second: string): string {
  return graph.add('Cast', [graph.add('Greater', [first, second])], { to: 2 });
}

/** Puts values back where the maxima were, zero elsewhere, on a map of `height` x `width`. */
export function addUnpoolPlanes(
  graph: GraphBuilder,
  map: QuantisedMap,
  planes: BytePlanes,
  { height, width }: Size,
): QuantisedMap {
  const [rows, columns, slotCount] = [even(height), even(width), map.slots.length];
  // Bytes wrap around, so an underflow here is undone when the zero point is added.
  const zero = graph.constant('uint8', Uint8Array.of(map.zeroPoint), []);
  const values = map.zeroPoint === 0 ? map.name : graph.add('Sub', [map.name, zero]);
  const lines = graph.add('Reshape', [values, graph.integers([-1, 1, (columns / 2) * slotCount])]);
  const tall = graph.add('Reshape', [
    spread(graph, lines, planes.lower, 1),
    graph.integers([-1, rows, columns / 2, slotCount]),
  ]);
  const wide = spread(graph, tall, planes.right, 3);
  const restored = map.zeroPoint === 0 ? wide : graph.add('Add', [wide, zero]);
  const full = graph.add('Reshape', [restored, graph.integers([-1, rows, columns, slotCount])]);
  const name = cut(graph, full, { height, width }, { height: rows, width: columns });
  return { ...map, name, shape: { channels: map.shape.channels, height, width } };
}

function spread(graph: GraphBuilder, input: string, second: string, axis: number): string {
  const later = graph.add('Mul', [input, second]);
  const earlier = graph.add('Sub', [input, later]);
  return graph.add('Concat', [earlier, later], { axis });
}

/** An ordinary pool, without planes. It works on pixels too. */
export function addBytePool(
  graph: GraphBuilder,
  input: string,
  kernel: number,
  stride: number,
  pads: readonly number[],
): string {
  const attributes = { kernel_shape: [kernel, kernel], strides: [stride, stride], pads };
  return graph.add('com.microsoft.NhwcMaxPool', [input], attributes);
}
