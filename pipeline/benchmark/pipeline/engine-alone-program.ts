import { availableParallelism } from 'node:os';
import { from, lastValueFrom, map, mergeMap, take, toArray } from 'rxjs';
import type { RgbPicture } from '../../../model/engine.js';
import { planInstances } from '../../../model/engines/instances.js';
import { decode } from '../../../operators/decode.js';
import type { ProgramCall } from '../../module-command.js';
import type { EngineOptions } from '../../options/engine-options.js';
import { openEngine } from '../../options/open-engine.js';
import { followOrder } from '../process/follow-order.js';
import { measureProgram } from '../process/measure-program.js';
import { cpuMsSince } from '../process/own-cost.js';

/* The program that passes the frames of one clip to an engine, with nothing around it. Prints an `EngineAloneReport`. */

/** The program's order, JSON in its only argument. */
export interface EngineAloneOrder {
  readonly clip: string;
  readonly engine: EngineOptions;
  /** A program that runs during the timing, and its number of frames; the engine gets as many. */
  readonly beside?: { readonly call: ProgramCall; readonly frames: number };
}

/** The cost of the engine, and of the program beside it, from the first timed frame to the last, without decoding and loading. */
export interface EngineAloneReport {
  readonly frames: number;
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
}

/** The most frames that are decoded before timing. */
const MOST_FRAMES = 250;
/** The shortest and longest warm-up, for V8 to compile and all instances to start. */
const WARM_UP_MS = { least: 1500, most: 15_000 };

async function measureEngine({ clip, engine: options, beside }: EngineAloneOrder): Promise<EngineAloneReport> {
  const engine = await openEngine({ goal: 'throughput', ...options });
  const pictures = await lastValueFrom(
    decode(clip, { fit: engine.inputSize }).pipe(
      take(MOST_FRAMES),
      map(({ input }) => input),
      toArray(),
    ),
  );
  const segmentAll = (some: readonly RgbPicture[]) =>
    lastValueFrom(from(some).pipe(mergeMap((picture) => engine.segment([picture]), 2 * (engine.instances ?? 1))), {
      defaultValue: [],
    });
  const instances = planInstances(options.threads ?? availableParallelism()).length;
  const warmedFrom = performance.now();
  for (let ms = 0, areAll = false; ms < WARM_UP_MS.least || (!areAll && ms < WARM_UP_MS.most); ) {
    await segmentAll(pictures.slice(0, 10));
    ms = performance.now() - warmedFrom;
    areAll = engine.provider !== 'cpu' || engine.name !== 'onnx' || engine.instances === instances;
  }
  const cpuBefore = process.cpuUsage();
  const begunAt = performance.now();
  const timed =
    beside === undefined ? pictures : Array.from({ length: beside.frames }, (_, i) => pictures[i % pictures.length]!);
  const [program] = await Promise.all([
    beside && measureProgram('the program beside it', beside.call),
    segmentAll(timed),
  ]);
  const wallSeconds = (performance.now() - begunAt) / 1000;
  const cpuSeconds = cpuMsSince(cpuBefore) / 1000;
  await engine.close();
  return { frames: timed.length, wallSeconds, cpuSeconds: cpuSeconds + (program?.cpuSeconds ?? 0) };
}

await followOrder(measureEngine);
