import { lastValueFrom, tap } from 'rxjs';
import { createMeter, measure } from '../../../operators/measure.js';
import type { EngineOptions } from '../../options/engine-options.js';
import { buildRoute } from '../../run/build-route.js';
import { run } from '../../run/run.js';
import { checkRunOptions } from '../../run/run-options.js';
import type { FileSummary } from '../../run/summary.js';
import { createNothingEngine } from '../nothing-engine.js';
import { followOrder } from '../process/follow-order.js';

/* The program that processes one clip with `run`, in a separate process, so that its time and memory can be measured. Prints a `RouteReport`. */

/** The program's order, JSON in its only argument. */
export interface RouteOrder {
  readonly clip: string;
  readonly output: string;
  /** `none` computes nothing. */
  readonly engine: EngineOptions | 'none';
  readonly encoder?: string | undefined;
  readonly crf?: number | undefined;
}

/** The program's report. */
export interface RouteReport {
  /** The engine's description. */
  readonly description: string;
  readonly frames: number;
  /** `Date.now()` when the encoder had accepted the first frame. */
  readonly firstFrameAt: number;
  /** Frames per second from the first frame on, without the start. */
  readonly steadyFramesPerSecond: number;
  readonly steps: FileSummary['steps'];
}

/**
 * With this opacity the whole overlay is computed, but the picture hardly changes, so the encoder's work is that of plain
 * ffmpeg.
 */
const FAINT = 1 / 255;

async function runNothing({ clip, output, encoder, crf }: RouteOrder): Promise<RouteReport> {
  const engine = createNothingEngine();
  const options = checkRunOptions({ inputs: clip, output, encoder, crf, opacity: FAINT });
  const meter = createMeter();
  let firstFrameAt = 0;
  const job = { input: { kind: 'video', path: clip, stem: 'clip' }, outputs: { output } } as const;
  await lastValueFrom(
    buildRoute(job, engine, options).pipe(
      measure(meter),
      tap(() => {
        firstFrameAt ||= Date.now();
      }),
    ),
  );
  const { frames, fps, steps } = meter.read();
  return { description: engine.description, frames, firstFrameAt, steadyFramesPerSecond: fps, steps };
}

async function runNetwork({ clip, output, engine, encoder, crf }: RouteOrder): Promise<RouteReport> {
  let firstFrameAt = 0;
  let lastFrameAt = 0;
  const { files, engine: description = '' } = await run({
    ...(engine as EngineOptions),
    inputs: clip,
    output,
    encoder,
    crf,
    overwrite: true,
    onEvent: ({ kind }) => {
      if (kind !== 'frame') return;
      lastFrameAt = Date.now();
      firstFrameAt ||= lastFrameAt;
    },
  });
  const [file] = files;
  if (file?.error !== undefined) throw new Error(file.error.message);
  const { frames, steps } = file!;
  const steadyFramesPerSecond = ((frames - 1) * 1000) / Math.max(lastFrameAt - firstFrameAt, 1);
  return { description, frames, firstFrameAt, steadyFramesPerSecond, steps };
}

await followOrder((order: RouteOrder) => (order.engine === 'none' ? runNothing(order) : runNetwork(order)));
