import { availableParallelism } from 'node:os';
import { modelBytes } from '../../../model/cost.js';
import { Failure } from '../../../model/failure.js';
import { buildNetwork } from '../../../model/networks/index.js';
import { type Table6Row, table6 } from '../../../model/published.js';
import type { Size } from '../../../model/size.js';
import { moduleCommand } from '../../module-command.js';
import { sampleClip } from '../../options/package-root.js';
import type { BenchmarkOptions } from '../benchmark-options.js';
import { benchmarkWeights, calibrated } from '../benchmark-weights.js';
import { holdContest, type Refused, type Result } from '../contest/contest.js';
import { listContestants } from '../contest/contestants.js';
import { removeWorkload, writeWorkload } from '../contest/workload.js';
import { describeMachine, type Machine } from '../machine.js';
import { measureProgram } from '../process/measure-program.js';
import { sampleFrames } from '../sample-frames.js';
import { median } from '../statistics.js';
import type { TrainingOrder, TrainingReport } from './table6-training-program.js';

/** Options of `benchmark table6`. */
export interface Table6Options extends BenchmarkOptions {
  /** Defaults to the networks of the paper's Table 6. */
  readonly networks?: readonly string[] | undefined;
  /** Defaults to 480x360, as in the paper. */
  readonly size?: Size | undefined;
  /** As in the paper. @default 10 */
  readonly rounds?: number | undefined;
  /** Measures training too, which takes minutes and gigabytes. @default true */
  readonly training?: boolean | undefined;
  readonly threads?: number | undefined;
}

/** The cost of training on TensorFlow. */
export interface TrainingCost {
  /** With mini-batches of 1. */
  readonly forwardMs: number;
  readonly backwardMs: number;
  /** Peak memory of a process that trains with mini-batches of 4. */
  readonly peakBytes: number;
}

/** One network with its line in the paper. */
export interface Table6Result {
  readonly network: string;
  /** On the onnx engine, one picture at a time. */
  readonly float32: Result | Refused;
  readonly int8: Result | Refused;
  /** Absent if not requested. */
  readonly training?: TrainingCost | Refused;
  /** Bytes of float32 weights. */
  readonly modelBytes: number;
  /** Absent if the paper's table lacks the network. */
  readonly published?: Table6Row;
}

/** The result of `benchmark table6`. */
export interface Table6 {
  readonly machine: Machine;
  readonly size: Size;
  readonly threads: number;
  readonly rows: readonly Table6Result[];
}

/** The paper measures training memory with mini-batches of 4; one step after the first suffices. */
const MEMORY_BATCH = 4;
const CLASSES = 11;

/** Measures the columns of Table 6 on this machine. @throws `Failure` `NETWORK_UNKNOWN`, and as `holdContest`. */
export async function benchmarkTable6(options: Table6Options = {}): Promise<Table6> {
  const { networks = table6.map(({ network }) => network), size = { width: 480, height: 360 } } = options;
  const { rounds = 10, threads = availableParallelism(), training = true, signal, onProgress } = options;
  const machine = await describeMachine();
  const frames = await sampleFrames(sampleClip, size, 4);
  const contestants = listContestants(['onnx'], ['float32', 'int8'], []);
  const rows: Table6Result[] = [];
  for (const network of networks) {
    const progress = (text: string) => onProgress?.(`${network}: ${text}`);
    const { weights } = await benchmarkWeights(network);
    progress('calibrating int8');
    const workload = await writeWorkload(await calibrated(weights, frames), frames, { peers: false });
    try {
      // Masks are not compared, since those of random weights in int8 are meaningless, and this table is about cost.
      const rules = { batch: 1, threads, rounds, warmUps: 2, leastAgreement: () => 0, signal, onProgress: progress };
      const [float32, int8] = [...(await holdContest(workload, contestants, rules)).values()];
      const published = table6.find((row) => row.network === network);
      rows.push({
        network,
        float32: float32!,
        int8: int8!,
        ...(training && { training: await measureTraining({ network, ...size, threads, steps: rounds }, progress) }),
        modelBytes: modelBytes(buildNetwork(network, CLASSES)),
        ...(published && { published }),
      });
    } finally {
      await removeWorkload(workload);
    }
  }
  return { machine, size, threads, rows };
}

async function measureTraining(
  order: Omit<TrainingOrder, 'batch'>,
  progress: (text: string) => void,
): Promise<TrainingCost | Refused> {
  const train = async (batch: number, steps: number): Promise<TrainingReport> => {
    progress(`training with mini-batches of ${batch}`);
    const argument = JSON.stringify({ ...order, batch, steps } satisfies TrainingOrder);
    const call = moduleCommand(new URL('./table6-training-program.js', import.meta.url), [argument]);
    return JSON.parse((await measureProgram(`training ${order.network}`, call)).output) as TrainingReport;
  };
  try {
    const { forwardMs, gradientsMs } = await train(1, order.steps);
    const { peakBytes } = await train(MEMORY_BATCH, 1);
    return { forwardMs: median(forwardMs), backwardMs: median(gradientsMs) - median(forwardMs), peakBytes };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { refused: error.message };
  }
}
