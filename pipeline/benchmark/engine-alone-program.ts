import { lastValueFrom, map, take, toArray } from 'rxjs';
import { decode } from '../../operators/decode.js';
import type { EngineOptions } from '../options/engine-options.js';
import { openEngine } from '../options/open-engine.js';

/* The program that gives the frames of one clip to an engine, with nothing around it. Prints an `EngineAloneReport`. */

/** What the program is to do, as JSON in its one argument. */
export interface EngineAloneOrder {
  readonly clip: string;
  readonly engine: EngineOptions;
}

/** What the engine cost from the first timed frame to the last; decoding and loading were before. */
export interface EngineAloneReport {
  readonly frames: number;
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
}

/** Decoded before the clock starts, so many frames at most. */
const MOST_FRAMES = 250;
const WARM_UPS = 3;

async function measureEngine({ clip, engine: options }: EngineAloneOrder): Promise<EngineAloneReport> {
  const engine = await openEngine(options);
  const pictures = await lastValueFrom(
    decode(clip, { fit: engine.inputSize }).pipe(
      take(MOST_FRAMES),
      map(({ input }) => input),
      toArray(),
    ),
  );
  for (const picture of pictures.slice(0, WARM_UPS)) await engine.segment([picture]);
  const cpuBefore = process.cpuUsage();
  const begunAt = performance.now();
  for (const picture of pictures) await engine.segment([picture]);
  const wallSeconds = (performance.now() - begunAt) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  await engine.close();
  return { frames: pictures.length, wallSeconds, cpuSeconds: (user + system) / 1e6 };
}

try {
  process.stdout.write(JSON.stringify(await measureEngine(JSON.parse(process.argv.at(-1)!) as EngineAloneOrder)));
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
