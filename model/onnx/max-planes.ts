import type { Shape } from '../shapes.js';
import type { GraphBuilder } from './graph-builder.js';

/*
 * 2x2 max pooling and its exact inverse in operators that every runtime has. Instead of indices, two boolean planes record
 * where the maximum was: whether the right pixel was greater than the left one, and whether the lower of the two winners was
 * greater than the upper one. Columns first and a strict comparison give the first maximum in row-major order.
 */

/** The planes of one pool: floats that are 0 or 1. */
export interface MaxPlanes {
  /** [N, C, height, width / 2] of the padded input: 1 where the right pixel was greater. */
  readonly right: string;
  /** [N, C, height / 2, width / 2]: 1 where the lower winner was greater. */
  readonly lower: string;
}

/** Pools [N, C, height, width] by 2x2/2, with an odd last row or column pooled alone, and returns the planes that `unpoolPlanes` needs. */
export function poolPlanes(graph: GraphBuilder, input: string, { channels, height, width }: Shape) {
  const [evenHeight, evenWidth] = [height + (height % 2), width + (width % 2)];
  // The copy of the last row or column comes after it and so is never the first maximum. Padding with a very low number gives
  // the same result, but quantisers (NNCF) would take that for a value that the network computes.
  const padded =
    evenHeight === height && evenWidth === width
      ? input
      : graph.add('Pad', [input, graph.integers([0, 0, 0, 0, 0, 0, evenHeight - height, evenWidth - width])], {
          mode: 'edge',
        });
  const columns = halves(graph, padded, [0, channels, evenHeight, evenWidth / 2, 2], 4, [
    0,
    channels,
    evenHeight,
    evenWidth / 2,
  ]);
  const rowShape = [0, channels, evenHeight / 2, 2, evenWidth / 2];
  const rows = halves(graph, columns.max, rowShape, 3, [0, channels, evenHeight / 2, evenWidth / 2]);
  return { output: rows.max, planes: { right: columns.greater, lower: rows.greater } satisfies MaxPlanes };
}

/** Puts [N, C, ceil(height / 2), ceil(width / 2)] back where the maxima were, with zero elsewhere, cropped to `height` x `width`. */
export function unpoolPlanes(
  graph: GraphBuilder,
  input: string,
  planes: MaxPlanes,
  { channels, height, width }: Shape,
) {
  const [evenHeight, evenWidth] = [height + (height % 2), width + (width % 2)];
  const rows = spread(graph, input, planes.lower, 3, [0, channels, evenHeight, evenWidth / 2]);
  const full = spread(graph, rows, planes.right, 4, [0, channels, evenHeight, evenWidth]);
  if (evenHeight === height && evenWidth === width) return full;
  return graph.add('Slice', [full, graph.integers([0, 0]), graph.integers([height, width]), graph.integers([2, 3])]);
}

/** Splits pairs along `axis` of the reshaped map and returns the larger of each pair, and whether it was the second. */
function halves(graph: GraphBuilder, input: string, pairs: readonly number[], axis: number, half: readonly number[]) {
  const reshaped = graph.add('Reshape', [input, graph.integers(pairs)]);
  const [first, second] = graph
    .addMany('Split', [reshaped], { axis, num_outputs: 2 }, 2)
    .map((part) => graph.add('Reshape', [part, graph.integers(half)])) as [string, string];
  // ONNX's Cast gives exactly 0 or 1.
  const greater = graph.add('Cast', [graph.add('Greater', [second, first])], { to: 1 });
  return { max: graph.add('Max', [first, second]), greater };
}

/** The inverse: puts each value first or second in its pair along `axis`, and zero in the other position. */
function spread(graph: GraphBuilder, input: string, second: string, axis: number, merged: readonly number[]): string {
  const later = graph.add('Mul', [input, second]);
  const earlier = graph.add('Sub', [input, later]);
  const pair = [earlier, later].map((part) => graph.add('Unsqueeze', [part, graph.integers([axis])]));
  return graph.add('Reshape', [graph.add('Concat', pair, { axis }), graph.integers(merged)]);
}
