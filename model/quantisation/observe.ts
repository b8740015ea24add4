import { needsRange } from '../calibration.js';
import type { RgbPicture } from '../engine.js';
import { InferenceSession, pictureTensor } from '../engines/onnx-runtime.js';
import type { Network } from '../network.js';
import { GRAPH_INPUT } from '../onnx/float-layers.js';
import { foldBatchNorm } from '../onnx/fold-batch-norm.js';
import { buildGraph, watchedName } from '../onnx/graph.js';
import { shapesOf } from '../shapes.js';
import type { Weights } from '../weights.js';
import { Histogram } from './histogram.js';

/** The most memory for observed maps at a time. */
const WATCHED_BYTES = 256 * 2 ** 20;

/**
 * Runs the float network over pictures of one size and returns histograms of the values of every layer that needs a range, by
 * layer. Blocks the thread while it computes. @throws The signal's reason.
 */
export async function observeLayers(
  network: Network,
  weights: Weights,
  pictures: readonly RgbPicture[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, Histogram>> {
  const { width, height } = pictures[0]!;
  const { layers } = foldBatchNorm(network, weights.tensors);
  const watched = layers.filter(needsRange).map(({ name }) => name);
  const shapes = shapesOf({ ...network, layers }, height, width);
  const bytesOf = (name: string) => {
    const shape = shapes.get(name)!;
    return 4 * shape.channels * shape.height * shape.width;
  };
  const histograms = new Map(watched.map((name) => [name, new Histogram()]));
  for (const watch of groupsOf(watched, bytesOf, WATCHED_BYTES)) {
    const session = await InferenceSession.create(
      buildGraph(network, weights, { width, height, unpool: 'indices', output: 'mask', watch }),
    );
    try {
      for (const picture of pictures) {
        signal?.throwIfAborted();
        const results = await session.run({ [GRAPH_INPUT]: pictureTensor(picture) }, watch.map(watchedName));
        for (const name of watch) {
          const map = results[watchedName(name)]!;
          histograms.get(name)!.add(map.data as Float32Array);
          map.dispose();
        }
      }
    } finally {
      await session.release();
    }
  }
  return histograms;
}

/** Splits a list where the sum of sizes would exceed the limit. */
function groupsOf<Item>(items: readonly Item[], sizeOf: (item: Item) => number, limit: number): Item[][] {
  const groups: Item[][] = [];
  let size = Number.POSITIVE_INFINITY;
  for (const item of items) {
    size += sizeOf(item);
    if (size > limit) {
      groups.push([]);
      size = sizeOf(item);
    }
    groups.at(-1)!.push(item);
  }
  return groups;
}
