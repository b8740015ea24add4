import { rm, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { camvid11 } from '../../../model/classes.js';
import { Failure } from '../../../model/failure.js';
import { initialWeights, seededRandom } from '../../../model/initial-weights.js';
import { buildNetwork } from '../../../model/networks/index.js';
import { writeSafetensors } from '../../../model/safetensors.js';
import type { Size } from '../../../model/size.js';
import { makeTemporaryFolder } from '../../../operators/make-folder.js';
import { moduleCommand } from '../../module-command.js';
import type { BenchmarkOptions } from '../benchmark-options.js';
import { type ContestCost, type Refused, timeInTurns } from '../contest/contest.js';
import { describeMachine, type Machine } from '../machine.js';
import { findPeers, peerCommand } from '../peers.js';
import { type LineProcess, startLineProcess } from '../process/line-process.js';
import { type LessonAnswer, type LessonQuestion, lessonFiles } from './training-messages.js';

/** Options of `benchmark training`. */
export interface TrainingBenchmarkOptions extends BenchmarkOptions {
  readonly networks: readonly string[];
  /** The crop size. Defaults to 240x180. */
  readonly size?: Size | undefined;
  /** Pictures per step. @default 8 */
  readonly batch?: number | undefined;
  /** Timed steps. @default 10 */
  readonly rounds?: number | undefined;
  /** Defaults to one for each core. */
  readonly threads?: number | undefined;
  /** Also trains on PyTorch, if installed. @default true */
  readonly peers?: boolean | undefined;
}

/** One program on one network. Times and processor times are per picture. */
export type TrainingRow = {
  readonly network: string;
  readonly trainer: string;
} & ((ContestCost & { readonly loss: number; readonly stepMs: number }) | Refused);

/** The result of `benchmark training`, with this project first for each network. */
export interface TrainingResult {
  readonly machine: Machine;
  readonly size: Size;
  readonly batch: number;
  readonly threads: number;
  readonly rows: readonly TrainingRow[];
}

const WARM_UPS = 2;

/** With equal work, losses differ only by dropout. */
const LOSS_TOLERANCE = 0.1;

/**
 * Times whole training steps (forward, backward, AdamW, moving averages) here and on PyTorch: with the same layers, initial
 * weights and pictures, one step each in turn.
 *
 * @throws `Failure` `NETWORK_UNKNOWN`; `ENGINE_UNAVAILABLE`, and any other failure of this project's program.
 */
export async function benchmarkTraining(options: TrainingBenchmarkOptions): Promise<TrainingResult> {
  const { networks, size = { width: 240, height: 180 }, batch = 8, rounds = 10 } = options;
  const { threads = availableParallelism(), signal, onProgress } = options;
  const machine = await describeMachine();
  const pytorch = (options.peers === false ? [] : await findPeers()).find(({ name }) => name === 'pytorch');
  const trainers = [
    {
      title: 'segnet-stream',
      start: () => startLineProcess('training', moduleCommand(new URL('./training-program.js', import.meta.url))),
    },
    ...(pytorch
      ? [{ title: pytorch.title, start: () => startLineProcess(pytorch.title, peerCommand('trainer.py', [])) }]
      : []),
  ];
  const rows: TrainingRow[] = [];
  for (const network of networks) {
    const folder = await writeLesson(network, size, batch);
    const programs: LineProcess[] = [];
    try {
      const entered: { program: LineProcess; batch: number; trainer: string; loss: number }[] = [];
      for (const { title, start } of trainers) {
        signal?.throwIfAborted();
        onProgress?.(`${network}: ${title}`);
        const program = start();
        programs.push(program);
        const question: LessonQuestion = { ask: 'load', folder, network, ...size, batch, threads };
        try {
          const { loss } = await program.ask<LessonAnswer>(question);
          const [first] = entered;
          if (first && !(Math.abs(loss - first.loss) <= LOSS_TOLERANCE * first.loss)) {
            throw new Failure('WORK_DIFFERS', `its first loss is ${loss.toFixed(3)}, not ${first.loss.toFixed(3)}`);
          }
          entered.push({ program, batch, trainer: title, loss });
        } catch (error) {
          if (entered.length === 0 || !(error instanceof Failure)) throw error;
          rows.push({ network, trainer: title, refused: error.message });
        }
      }
      onProgress?.(`${network}: timing ${rounds} steps`);
      for (const [{ trainer, loss }, timed] of await timeInTurns(entered, { rounds, warmUps: WARM_UPS, signal })) {
        rows.push({ network, trainer, loss, stepMs: timed.frameMs.median * batch, ...timed });
      }
    } finally {
      await Promise.all(programs.map((program) => program.close()));
      await rm(folder, { recursive: true, force: true });
    }
  }
  return { machine, size, batch, threads, rows };
}

/** Writes a network, its initial weights and one batch of noise into a temporary folder. */
async function writeLesson(name: string, { width, height }: Size, batch: number): Promise<string> {
  const classes = camvid11.classes.length;
  const network = buildNetwork(name, classes);
  const folder = await makeTemporaryFolder('segnet-stream-training-');
  const random = seededRandom(1);
  const noise = (length: number, below: number) => Uint8Array.from({ length }, () => Math.floor(random() * below));
  const write = (file: keyof typeof lessonFiles, data: string | Uint8Array) =>
    writeFile(join(folder, lessonFiles[file]), data);
  await Promise.all([
    write('layers', JSON.stringify({ layers: network.layers })),
    writeSafetensors(join(folder, lessonFiles.tensors), {}, initialWeights(network, 1)),
    write('pictures', noise(batch * height * width * 3, 256)),
    write('labels', noise(batch * height * width, classes)),
  ]);
  return folder;
}
