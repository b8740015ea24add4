import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { makeTemporaryFolder } from '../../../operators/make-folder.js';
import { moduleCommand, type ProgramCall } from '../../module-command.js';
import type { EngineOptions } from '../../options/engine-options.js';
import { findWeights } from '../../options/find-weights.js';
import type { FileSummary } from '../../run/summary.js';
import type { BenchmarkOptions } from '../benchmark-options.js';
import { describeMachine, type Machine } from '../machine.js';
import { measureProgram } from '../process/measure-program.js';
import type { TreeMemory } from '../process/tree-memory.js';
import { median, type Spread, spreadOf } from '../statistics.js';
import { takeTurns } from '../take-turns.js';
import type { EngineAloneOrder, EngineAloneReport } from './engine-alone-program.js';
import { type HandLoops, prepareHandLoops } from './hand-loops.js';
import { measureRoute, type RouteCost } from './measure-route.js';
import { plainFfmpeg } from './plain-ffmpeg.js';
import type { RouteOrder } from './route-program.js';

/** Options of `benchmark pipeline`. */
export interface PipelineOptions extends BenchmarkOptions {
  readonly clip: string;
  /** `none` measures only what is around the network. */
  readonly engine: EngineOptions | 'none';
  readonly encoder?: string | undefined;
  readonly crf?: number | undefined;
  /** How often each program is run. @default 5 */
  readonly rounds?: number | undefined;
  /** Also runs handwritten loops in Python, which need the peers. @default false */
  readonly loops?: boolean | undefined;
}

/** The cost of one way of processing the clip, over all rounds. */
export interface PipelineRow {
  /** `run`, `run without a network`, `ffmpeg alone`, `engine alone`, `engine beside ffmpeg`, or a hand-written loop. */
  readonly title: string;
  readonly frames: number;
  readonly wallSeconds: Spread;
  /** From the program's start to its end. */
  readonly framesPerSecond: number;
  readonly cpuSeconds: number;
  readonly cpuMsPerFrame: number;
  /** The peak of all its processes together; absent if the system does not report it, and for the engine alone. */
  readonly peakBytes?: number;
  /** The same, with shared memory counted once. */
  readonly peakProportionalBytes?: number;
  readonly peakByProgram?: TreeMemory['byProgram'];
  /** For `run`, from the program's start until the encoder had accepted a frame. */
  readonly firstFrameMs?: number;
  /** For `run`, from the first frame to the last. */
  readonly steadyFramesPerSecond?: number;
  readonly steps?: FileSummary['steps'];
  readonly outputBytes?: number;
  /** The engine's description. */
  readonly description?: string;
}

/** How close `run` comes to the machine's limit. */
export interface PipelineBound {
  /** The bound: frames per second if all cores did only the work of engine and ffmpeg. */
  readonly framesPerSecond: number;
  /** The rate of the whole program, with start and end, divided by the bound. */
  readonly ratio: number;
  /** The rate from the first frame to the last, divided by the bound. */
  readonly steadyRatio: number;
  /** The rate from the first frame to the last, divided by that of engine and ffmpeg running side by side without a connection. */
  readonly besideRatio: number;
}

/** The result of `benchmark pipeline`. */
export interface PipelineResult {
  readonly machine: Machine;
  readonly clip: string;
  readonly rounds: number;
  readonly rows: readonly PipelineRow[];
  /** Absent for `none`. */
  readonly bound?: PipelineBound;
  /** The rate of `run` with an engine that computes nothing, divided by that of plain ffmpeg. */
  readonly withoutNetworkRatio: number;
}

/** The result of one turn of one way. */
type Turn = Pick<RouteCost, 'frames' | 'wallSeconds' | 'cpuSeconds'> & Partial<RouteCost>;

/** One way of processing the clip. */
interface Way {
  readonly title: string;
  readonly turn: () => Promise<Turn>;
}

/**
 * Processes a clip with `run`, the engine alone and plain ffmpeg, each in a separate process, in turns, and reports how close
 * `run` comes to the sum of the other two.
 *
 * @throws `Failure` `PROGRAM_FAILED` if one of them fails, and as `plainFfmpeg`, `findWeights` and `prepareHandLoops`.
 */
export async function benchmarkPipeline(options: PipelineOptions): Promise<PipelineResult> {
  const { clip, engine, encoder, crf, rounds = 5, signal, onProgress } = options;
  const machine = await describeMachine();
  const folder = await makeTemporaryFolder('segnet-stream-benchmark-');
  const output = join(folder, 'out.mp4');
  const fit = engine === 'none' ? { width: 480, height: 360 } : (await findWeights(engine)).weights.card.inputSize;
  let loops: HandLoops | undefined;
  try {
    const plain = await plainFfmpeg({ clip, output, fit, encoder, crf });
    // The number of frames, which `run` counts in the first turn.
    let frames = 0;
    const route = async (of: RouteOrder['engine']): Promise<Turn> => {
      const turn = await measureRoute({ clip, output, engine: of, encoder, crf });
      frames = turn.frames;
      return turn;
    };
    const other = async (title: string, call: ProgramCall): Promise<Turn> => {
      const cost = await measureProgram(title, call);
      return { ...cost, frames, outputBytes: (await stat(output)).size };
    };
    const none: Way = { title: 'run without a network', turn: () => route('none') };
    const ways: Way[] = [none, { title: 'ffmpeg alone', turn: () => other('ffmpeg', plain) }];
    if (engine !== 'none') {
      ways.unshift({ title: 'run', turn: () => route(engine) });
      ways.push({ title: 'engine alone', turn: () => measureAlone({ clip, engine }) });
      const beside = () => measureAlone({ clip, engine, beside: { call: plain, frames } });
      ways.push({ title: 'engine beside ffmpeg', turn: beside });
    }
    if (options.loops && engine !== 'none') {
      loops = await prepareHandLoops(clip, output, engine);
      for (const { title, call } of loops.ways) ways.push({ title, turn: () => other(title, call) });
    }
    const turns = await takeTurns(ways, rounds, async ({ title, turn }, round) => {
      signal?.throwIfAborted();
      onProgress?.(`round ${round + 1} of ${rounds}: ${title}`);
      return turn();
    });
    const rows = [...turns].map(([{ title }, found]) => rowOf(title, found));
    return { machine, clip, rounds, rows, ...ratiosOf(rows, machine.cores) };
  } finally {
    await loops?.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function measureAlone(order: EngineAloneOrder): Promise<Turn> {
  const call = moduleCommand(new URL('./engine-alone-program.js', import.meta.url), [JSON.stringify(order)]);
  const { output } = await measureProgram('the engine alone', call);
  return JSON.parse(output) as EngineAloneReport;
}

function rowOf(title: string, turns: readonly Turn[]): PipelineRow {
  const { frames } = turns[0]!;
  const medianOf = (of: (turn: Turn) => number | undefined) => {
    const values = turns.map(of).filter((value) => value !== undefined);
    return values.length === turns.length ? median(values) : undefined;
  };
  const wallSeconds = spreadOf(turns.map((turn) => turn.wallSeconds));
  const cpuSeconds = median(turns.map((turn) => turn.cpuSeconds));
  const { description, steps, outputBytes, memory } = turns.at(-1)!;
  const optional = {
    peakBytes: medianOf((turn) => turn.memory?.peakBytes),
    peakProportionalBytes: medianOf((turn) => turn.memory?.peakProportionalBytes),
    peakByProgram: memory?.byProgram,
    firstFrameMs: medianOf((turn) => turn.firstFrameMs),
    steadyFramesPerSecond: medianOf((turn) => turn.steadyFramesPerSecond),
    steps,
    outputBytes,
    description,
  };
  return {
    title,
    frames,
    wallSeconds,
    framesPerSecond: frames / wallSeconds.median,
    cpuSeconds,
    cpuMsPerFrame: (1000 * cpuSeconds) / frames,
    ...(Object.fromEntries(
      Object.entries(optional).filter(([, value]) => value !== undefined),
    ) as Partial<PipelineRow>),
  };
}

/** The ratios that show how much the pipeline adds, from the medians of all ways. */
export function ratiosOf(
  rows: readonly PipelineRow[],
  cores: number,
): Pick<PipelineResult, 'bound' | 'withoutNetworkRatio'> {
  const row = (title: string) => rows.find((one) => one.title === title);
  const [run, none, plain, alone, beside] = [
    'run',
    'run without a network',
    'ffmpeg alone',
    'engine alone',
    'engine beside ffmpeg',
  ].map(row);
  const withoutNetworkRatio = none!.framesPerSecond / plain!.framesPerSecond;
  if (run === undefined || alone === undefined || beside === undefined) return { withoutNetworkRatio };
  const framesPerSecond = (1000 * cores) / (alone.cpuMsPerFrame + plain!.cpuMsPerFrame);
  return {
    bound: {
      framesPerSecond,
      ratio: run.framesPerSecond / framesPerSecond,
      steadyRatio: (run.steadyFramesPerSecond ?? 0) / framesPerSecond,
      besideRatio: (run.steadyFramesPerSecond ?? 0) / beside.framesPerSecond,
    },
    withoutNetworkRatio,
  };
}
