import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Subscription } from 'rxjs';
import { Failure } from '../../../model/failure.js';
import type { PicturePart } from '../../../operators/encode-parts.js';
import { moduleCommand } from '../../module-command.js';
import type { EngineOptions } from '../../options/engine-options.js';
import { sampleClip } from '../../options/package-root.js';
import type { BenchmarkOptions } from '../benchmark-options.js';
import { describeMachine, type Machine } from '../machine.js';
import { openViewer } from '../open-viewer.js';
import { startLineProcess } from '../process/line-process.js';
import { median } from '../statistics.js';
import { takeTurns } from '../take-turns.js';
import type { CostAnswer, CostQuestion, ServeAnswer, ServeQuestion } from './serve-program.js';

/** Options of `benchmark serve`. */
export interface ServeBenchmarkOptions extends BenchmarkOptions {
  readonly engine: EngineOptions;
  /** Defaults to the sample clip. */
  readonly clip?: string | undefined;
  /** How long each turn measures, seconds. @default 10 */
  readonly seconds?: number | undefined;
  /** @default 3 */
  readonly rounds?: number | undefined;
}

/** The cost of serving a clip at its own frame rate. */
export interface ServeRow {
  /** `nobody watches`, or what a viewer receives. */
  readonly title: string;
  readonly framesPerSecond: number;
  /** Processor time of server, threads and ffmpeg per frame. */
  readonly cpuMsPerFrame: number;
  /** The part of it in the engine's threads. */
  readonly engineCpuMsPerFrame: number;
  /** The share of the rest. */
  readonly outsideEngine: number;
}

/** The result of `benchmark serve`. */
export interface ServeBenchmark {
  readonly machine: Machine;
  readonly clip: string;
  readonly rounds: number;
  readonly rows: readonly ServeRow[];
}

const WAYS: readonly { readonly title: string; readonly parts: readonly PicturePart[] }[] = [
  { title: 'nobody watches', parts: [] },
  { title: 'the page: picture, mask', parts: ['picture', 'mask'] },
  { title: 'the page, small: source, mask', parts: ['source', 'mask'] },
  { title: 'a program: mask', parts: ['mask'] },
];

/** From the first frame to the start of timing, for V8 to compile. */
const WARM_UP_MS = 3000;

/**
 * Serves a clip at its own frame rate to nobody and to one viewer, in turns, and measures how much of the processor time is
 * outside the engine's threads. The viewer is in this process, which does not count.
 *
 * @throws `Failure` `UNSUPPORTED` if the system does not report the cost of threads and ffmpeg; as `serve` and the engine.
 */
export async function benchmarkServe(options: ServeBenchmarkOptions): Promise<ServeBenchmark> {
  if (process.platform !== 'linux') {
    throw new Failure(
      'UNSUPPORTED',
      'The processor time of threads and of ffmpeg is read from /proc, which only Linux has',
    );
  }
  const { clip = sampleClip, engine, seconds = 10, rounds = 3, signal, onProgress } = options;
  const machine = await describeMachine();
  const turns = await takeTurns(WAYS, rounds, async ({ title, parts }, round) => {
    signal?.throwIfAborted();
    onProgress?.(`round ${round + 1} of ${rounds}: ${title}`);
    return serveTo(parts, clip, engine, seconds);
  });
  const rows = [...turns].map(([{ title }, costs]): ServeRow => {
    const medianOf = (of: (cost: CostAnswer) => number) => median(costs.map(of));
    return {
      title,
      framesPerSecond: medianOf(({ frames }) => frames / seconds),
      cpuMsPerFrame: medianOf(({ cpuMs, frames }) => cpuMs / frames),
      engineCpuMsPerFrame: medianOf(({ engineCpuMs, frames }) => engineCpuMs / frames),
      outsideEngine: medianOf(({ engineCpuMs, cpuMs }) => 1 - engineCpuMs / cpuMs),
    };
  });
  return { machine, clip, rounds, rows };
}

async function serveTo(
  parts: readonly PicturePart[],
  clip: string,
  engine: EngineOptions,
  seconds: number,
): Promise<CostAnswer> {
  const program = startLineProcess('the server', moduleCommand(new URL('./serve-program.js', import.meta.url)));
  const token = randomUUID();
  let viewer: Subscription | undefined;
  try {
    const question: ServeQuestion = { ask: 'serve', clip, engine, token };
    const { url } = await program.ask<ServeAnswer>(question);
    // Even without a measured viewer, there have to be frames.
    viewer = await openViewer({ url, token }, parts.length > 0 ? parts : ['mask'], 'frame');
    if (parts.length === 0) viewer.unsubscribe();
    await sleep(WARM_UP_MS);
    const cost = await program.ask<CostAnswer>({ ask: 'cost', seconds } satisfies CostQuestion);
    if (cost.frames === 0)
      throw new Failure('PROGRAM_FAILED', `The server segmented no frame of ${clip} in ${seconds} s`);
    return cost;
  } finally {
    viewer?.unsubscribe();
    await program.close();
  }
}
