import type { ClassSet } from '../../../model/classes.js';
import { multiplyAdds } from '../../../model/cost.js';
import type { Engine, RgbPicture } from '../../../model/engine.js';
import { createEngine } from '../../../model/engines/index.js';
import { buildNetwork } from '../../../model/networks/index.js';
import type { Size } from '../../../model/size.js';
import { readWeights, type Weights } from '../../../model/weights.js';
import { evaluate } from '../../evaluate.js';
import { sampleClip } from '../../options/package-root.js';
import type { BenchmarkOptions } from '../benchmark-options.js';
import type { LineChart } from '../charts/line-chart.js';
import { describeMachine, type Machine } from '../machine.js';
import { cpuMsSince } from '../process/own-cost.js';
import { sampleFrames } from '../sample-frames.js';
import { median } from '../statistics.js';
import { takeTurns } from '../take-turns.js';

/** Options of `benchmark frontier`. */
export interface FrontierOptions extends BenchmarkOptions {
  /** Safetensors files of trained weights. */
  readonly weights: readonly string[];
  readonly images: string;
  readonly labels: string;
  /** How the labels number the classes. Defaults to what `evaluate` takes for each file's classes. */
  readonly classSet?: ClassSet | undefined;
  /** Picture sizes for the networks. Defaults to the size in each file's card. */
  readonly sizes?: readonly Size[] | undefined;
  /** Defaults to int8 for calibrated weights on a processor that is fast at it. */
  readonly precision?: Engine['precision'] | undefined;
  /** By default the number suits network and machine, as in `run`. */
  readonly threads?: number | undefined;
  /** Timed frames of each file and size. @default 20 */
  readonly rounds?: number | undefined;
}

/** The accuracy and cost of one weights file at one size, with the same engine and precision. */
export interface FrontierRow {
  readonly weights: string;
  readonly network: string;
  readonly size: Size;
  readonly precision: Engine['precision'];
  /** Per cent, on the given pictures. */
  readonly mIoU: number;
  readonly BF: number;
  /** Median time of one frame, ms. */
  readonly frameMs: number;
  /** Processor time of one frame on all threads, ms. */
  readonly cpuMs: number;
  readonly multiplyAdds: number;
  /** True if no other row is both faster and better. */
  readonly isOnFrontier: boolean;
}

/** The result of `benchmark frontier`, the fastest first. */
export interface FrontierResult {
  readonly machine: Machine;
  readonly images: string;
  readonly rows: readonly FrontierRow[];
}

interface Contestant {
  readonly path: string;
  readonly weights: Weights;
  readonly size: Size;
  readonly engine: Engine;
  readonly frames: readonly RgbPicture[];
  readonly scores: { readonly mIoU: number; readonly BF: number };
}

const WARM_UPS = 2;

/**
 * Scores trained weights on labelled pictures, and times them frame by frame in turns.
 *
 * @throws `Failure` as `readWeights`, `createEngine` and `evaluate`.
 */
export async function benchmarkFrontier(options: FrontierOptions): Promise<FrontierResult> {
  const { rounds = 20, signal } = options;
  const machine = await describeMachine();
  const contestants: Contestant[] = [];
  try {
    for (const path of options.weights) {
      const weights = await readWeights(path);
      for (const size of options.sizes ?? [weights.card.inputSize]) {
        signal?.throwIfAborted();
        contestants.push(await enter(path, weights, size, options));
      }
    }
    const times = await takeTurns(contestants, rounds + WARM_UPS, async ({ engine, frames }, round) => {
      signal?.throwIfAborted();
      const frame = frames[round % frames.length]!;
      const [before, begunAt] = [process.cpuUsage(), performance.now()];
      await engine.segment([frame]);
      const frameMs = performance.now() - begunAt;
      return { frameMs, cpuMs: cpuMsSince(before) };
    });
    const rows = contestants.map((contestant) => {
      const { path, weights, size, engine, scores } = contestant;
      const timed = times.get(contestant)!.slice(WARM_UPS);
      const { network, classes } = weights.card;
      return {
        weights: path,
        network,
        size,
        precision: engine.precision,
        ...scores,
        frameMs: median(timed.map(({ frameMs }) => frameMs)),
        cpuMs: median(timed.map(({ cpuMs }) => cpuMs)),
        multiplyAdds: multiplyAdds(buildNetwork(network, classes.length), size.height, size.width),
      };
    });
    rows.sort((a, b) => a.frameMs - b.frameMs);
    return { machine, images: options.images, rows: markFrontier(rows) };
  } finally {
    await Promise.all(contestants.map(({ engine }) => engine.close()));
  }
}

async function enter(path: string, weights: Weights, size: Size, options: FrontierOptions): Promise<Contestant> {
  const { images, labels, classSet, precision, threads, signal, onProgress } = options;
  const sized = { ...weights, card: { ...weights.card, inputSize: size } };
  const engine = await createEngine({ weights: sized, precision, threads });
  const name = `${weights.card.network} at ${size.width}x${size.height}`;
  try {
    const { mIoU, BF } = await evaluate({
      engine,
      images,
      labels,
      size,
      ...(classSet && { classSet }),
      ...(signal && { signal }),
    });
    onProgress?.(`${name}: mIoU ${mIoU.toFixed(1)}`);
    const frames = await sampleFrames(sampleClip, size, 8);
    return { path, weights, size, engine, frames, scores: { mIoU, BF } };
  } catch (error) {
    await engine.close();
    throw error;
  }
}

/** Marks the rows that no faster row beats. @param rows The fastest first. */
export function markFrontier<Row extends { readonly mIoU: number }>(
  rows: readonly Row[],
): readonly (Row & { readonly isOnFrontier: boolean })[] {
  let best = Number.NEGATIVE_INFINITY;
  return rows.map((row) => {
    const isOnFrontier = row.mIoU > best;
    best = Math.max(best, row.mIoU);
    return { ...row, isOnFrontier };
  });
}

/** A chart of mIoU over time, with a line through the sizes of each weights file. */
export function frontierChart({ machine, rows }: FrontierResult): LineChart {
  const files = [...new Set(rows.map(({ weights }) => weights))];
  return {
    title: 'Accuracy against time',
    xLabel: 'ms a frame, median (less is better)',
    yLabel: 'mIoU, % (more is better)',
    yFrom: Math.floor(Math.max(Math.min(...rows.map(({ mIoU }) => mIoU)) - 1, 0) / 10) * 10,
    series: files.map((file) => {
      const own = rows.filter(({ weights }) => weights === file);
      const twice = files.some((other) => other !== file && networkOf(other) === own[0]!.network);
      return {
        name: twice ? file : own[0]!.network,
        points: own.map(({ frameMs, mIoU }) => [frameMs, mIoU] as const),
      };
    }),
    note: `segnet-stream benchmark frontier; ${machine.cores} x ${machine.processor}, Node ${machine.node}`,
  };

  function networkOf(file: string): string {
    return rows.find(({ weights }) => weights === file)!.network;
  }
}
