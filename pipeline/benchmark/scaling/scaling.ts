import { availableParallelism } from 'node:os';
import { Failure } from '../../../model/failure.js';
import type { Size } from '../../../model/size.js';
import { moduleCommand } from '../../module-command.js';
import { sampleClip } from '../../options/package-root.js';
import type { BenchmarkOptions } from '../benchmark-options.js';
import { benchmarkWeights, calibrated } from '../benchmark-weights.js';
import type { LineChart } from '../charts/line-chart.js';
import { loadProgram, type Refused, timeInTurns } from '../contest/contest.js';
import { removeWorkload, type Workload, writeWorkload } from '../contest/workload.js';
import { describeMachine, type Machine } from '../machine.js';
import { openViewer } from '../open-viewer.js';
import { type LineProcess, startLineProcess } from '../process/line-process.js';
import { measureProgram } from '../process/measure-program.js';
import { sampleFrames } from '../sample-frames.js';
import { median } from '../statistics.js';
import { takeTurns } from '../take-turns.js';
import type { StreamsOrder, StreamsReport } from './streams-program.js';
import type { OpenAnswer, OpenQuestion, ShowAnswer, ShowQuestion } from './viewers-program.js';

/** The quantities against which cost is measured. */
export const scalingAxes = ['size', 'batch', 'streams', 'viewers'] as const;
/** A quantity against which cost is measured. */
export type ScalingAxis = (typeof scalingAxes)[number];

/** Options of `benchmark scaling`. */
export interface ScalingOptions extends BenchmarkOptions {
  readonly network: string;
  /** @default 'float32' */
  readonly precision?: 'float32' | 'int8' | undefined;
  /** Defaults to all. */
  readonly axes?: readonly ScalingAxis[] | undefined;
  /** Defaults to six sizes from 120x90 to 720x540. */
  readonly sizes?: readonly Size[] | undefined;
  /** @default [1, 2, 4, 8] */
  readonly batches?: readonly number[] | undefined;
  /** @default [1, 2, 4, 8] */
  readonly streams?: readonly number[] | undefined;
  /** @default [0, 1, 5, 10, 20, 50] */
  readonly viewers?: readonly number[] | undefined;
  /** Streams and viewers, which take seconds each, have at most 3. @default 10 */
  readonly rounds?: number | undefined;
  readonly threads?: number | undefined;
  /** Defaults to the sample clip. */
  readonly clip?: string | undefined;
}

/** The cost at one point of an axis. */
export interface ScalingPoint {
  /** Thousands of pixels, frames in a batch, streams, or viewers. */
  readonly x: number;
  /** Milliseconds per frame; for streams, the total time divided by the frames of all. Absent for viewers, whose frame rate is fixed. */
  readonly ms?: number;
  /** Processor time per frame. */
  readonly cpuMs: number;
}

/** The cost along one axis. */
export type ScalingCurve =
  | { readonly axis: ScalingAxis; readonly points: readonly ScalingPoint[] }
  | ({ readonly axis: ScalingAxis } & Refused);

/** The result of `benchmark scaling`. */
export interface ScalingResult {
  readonly machine: Machine;
  readonly network: string;
  readonly precision: 'float32' | 'int8';
  readonly curves: readonly ScalingCurve[];
}

type Checked = ScalingOptions & { readonly clip: string; readonly threads: number; readonly rounds: number };

const CURVES: Readonly<Record<ScalingAxis, (options: Checked) => Promise<readonly ScalingPoint[]>>> = {
  size: bySize,
  batch: byBatch,
  streams: byStreams,
  viewers: byViewers,
};

/** Measures how cost grows. For an axis that cannot be measured here, the result has the reason. */
export async function benchmarkScaling(options: ScalingOptions): Promise<ScalingResult> {
  const machine = await describeMachine();
  const { clip = sampleClip, threads = availableParallelism(), rounds = 10, axes = scalingAxes } = options;
  const curves: ScalingCurve[] = [];
  for (const axis of axes) {
    try {
      curves.push({ axis, points: await CURVES[axis]({ ...options, clip, threads, rounds }) });
    } catch (error) {
      if (!(error instanceof Failure) || options.signal?.aborted) throw error;
      curves.push({ axis, refused: error.message });
    }
  }
  return { machine, network: options.network, precision: options.precision ?? 'float32', curves };
}

const SIZES: readonly Size[] = [0.25, 0.5, 0.75, 1, 1.25, 1.5].map((scale) => ({
  width: Math.round(480 * scale),
  height: Math.round(360 * scale),
}));

async function bySize(options: Checked): Promise<readonly ScalingPoint[]> {
  const cases = (options.sizes ?? SIZES).map((size) => ({ x: (size.width * size.height) / 1000, size, batch: 1 }));
  return timeEngine(options, cases);
}

async function byBatch(options: Checked): Promise<readonly ScalingPoint[]> {
  const size = { width: 480, height: 360 };
  const cases = (options.batches ?? [1, 2, 4, 8]).map((batch) => ({ x: batch, size, batch }));
  return timeEngine(options, cases);
}

/** Times the onnx engine in a process for each case, in turns. */
async function timeEngine(
  { network, precision = 'float32', clip, threads, rounds, signal, onProgress }: Checked,
  cases: readonly { readonly x: number; readonly size: Size; readonly batch: number }[],
): Promise<readonly ScalingPoint[]> {
  const { weights } = await benchmarkWeights(network);
  const workloads: Workload[] = [];
  const programs: { x: number; batch: number; program: LineProcess }[] = [];
  try {
    for (const { x, size, batch } of cases) {
      signal?.throwIfAborted();
      onProgress?.(`loading ${network} for batches of ${batch} at ${size.width}x${size.height}`);
      const frames = await sampleFrames(clip, size, 8);
      const ready = precision === 'int8' ? await calibrated(weights, frames) : weights;
      const workload = await writeWorkload(ready, frames, { peers: false });
      workloads.push(workload);
      const program = startLineProcess('onnx', moduleCommand(new URL('../contest/engine-program.js', import.meta.url)));
      programs.push({ x, batch, program });
      await loadProgram(program, workload, { batch, threads, precision, engine: 'onnx' });
    }
    const timed = await timeInTurns(programs, { rounds, warmUps: 2, signal });
    return [...timed].map(([{ x }, { frameMs, cpuMsPerFrame }]) => ({ x, ms: frameMs.median, cpuMs: cpuMsPerFrame }));
  } finally {
    await Promise.all([...programs.map(({ program }) => program.close()), ...workloads.map(removeWorkload)]);
  }
}

const STREAM_SECONDS = 2;
const SLOW_ROUNDS = 3;

async function byStreams({
  network,
  precision,
  clip,
  threads,
  rounds,
  streams = [1, 2, 4, 8],
  signal,
  onProgress,
}: Checked): Promise<readonly ScalingPoint[]> {
  const turns = await takeTurns(streams, Math.min(rounds, SLOW_ROUNDS), async (count) => {
    signal?.throwIfAborted();
    onProgress?.(`${count} streams`);
    const order: StreamsOrder = {
      clip,
      streams: count,
      seconds: STREAM_SECONDS,
      engine: { network, precision, threads },
    };
    const call = moduleCommand(new URL('./streams-program.js', import.meta.url), [JSON.stringify(order)]);
    const { output, cpuSeconds } = await measureProgram('the streams', call);
    const { frames, framesPerSecond } = JSON.parse(output) as StreamsReport;
    return { ms: 1000 / framesPerSecond, cpuMs: (1000 * cpuSeconds) / frames };
  });
  return [...turns].map(([x, found]) => ({
    x,
    ms: median(found.map(({ ms }) => ms)),
    cpuMs: median(found.map(({ cpuMs }) => cpuMs)),
  }));
}

const SHOWN_FRAMES = 75;

async function byViewers({
  clip,
  rounds,
  viewers = [0, 1, 5, 10, 20, 50],
  signal,
  onProgress,
}: Checked): Promise<readonly ScalingPoint[]> {
  const program = startLineProcess('the server', moduleCommand(new URL('./viewers-program.js', import.meta.url)));
  try {
    const server = await program.ask<OpenAnswer>({ ask: 'open', clip } satisfies OpenQuestion);
    const turns = await takeTurns(viewers, Math.min(rounds, SLOW_ROUNDS), async (count) => {
      signal?.throwIfAborted();
      onProgress?.(`${count} viewers`);
      const watching = await Promise.all(
        Array.from({ length: count }, () => openViewer(server, ['source', 'mask'], 'hello')),
      );
      const { cpuMs } = await program.ask<ShowAnswer>({ ask: 'show', frames: SHOWN_FRAMES } satisfies ShowQuestion);
      for (const one of watching) one.unsubscribe();
      return cpuMs / SHOWN_FRAMES;
    });
    return [...turns].map(([x, found]) => ({ x, cpuMs: median(found) }));
  } finally {
    await program.close();
  }
}

const AXIS_LABELS: Readonly<Record<ScalingAxis, readonly [title: string, x: string]>> = {
  size: ['Cost against frame size', 'thousands of pixels'],
  batch: ['Cost against batch size', 'frames in a batch'],
  streams: ['Cost against the number of streams', 'streams'],
  viewers: ['Cost of serving against the number of viewers', 'viewers'],
};

/** The chart of a curve; undefined for an axis that could not be measured. */
export function chartOf(curve: ScalingCurve, { network, precision, machine }: ScalingResult): LineChart | undefined {
  if ('refused' in curve) return undefined;
  const { axis, points } = curve;
  const [title, xLabel] = AXIS_LABELS[axis];
  const paced = points.flatMap(({ x, ms }) => (ms === undefined ? [] : [[x, ms] as const]));
  return {
    title: axis === 'viewers' ? title : `${title}: ${network} ${precision}`,
    xLabel,
    yLabel: 'ms a frame',
    series: [
      ...(paced.length > 0 ? [{ name: 'elapsed', points: paced }] : []),
      { name: 'processor time', points: points.map(({ x, cpuMs }) => [x, cpuMs] as const) },
    ],
    note: `segnet-stream benchmark scaling --axes ${axis}; ${machine.cores} x ${machine.processor}, Node ${machine.node}`,
  };
}
