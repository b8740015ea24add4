import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { lastValueFrom, tap } from 'rxjs';
import { makeTemporaryFolder } from '../../operators/make-folder.js';
import { ASSUMED_FRAME_RATE, type SourceInfo } from '../../operators/source-info.js';
import { buildRoute } from './build-route.js';
import type { Job, PreparedRun } from './prepare-run.js';
import { round } from './summary.js';

/** What was measured with the first frames of one input. */
export interface RouteSample {
  readonly input: string;
  readonly width: number;
  readonly height: number;
  readonly frames: number;
  readonly framesPerSecond: number;
  /** What a file takes beside its frames: until the first, and from the last to the finished outputs. */
  readonly secondsAround: number;
  /** Of a frame, on average. */
  readonly engineSeconds: number;
  /** Of all outputs together. */
  readonly bytesPerFrame: number;
}

/** Enough for the pace of a pipeline that is full, and for more than the first key frame. */
export const SAMPLE_FRAMES = 48;
const LONGEST_MS = 8000;

/**
 * Lets the first frames of an input really go their way, into a temporary folder. Undefined where nothing comes of it:
 * the run itself will say why, or where it was stopped.
 *
 * @throws `Failure` of the engine, without which there would be no run.
 */
export async function takeSample(
  job: Job,
  info: SourceInfo,
  prepared: PreparedRun,
  signal: AbortSignal,
): Promise<RouteSample | undefined> {
  await prepared.engine.ready();
  const folder = await makeTemporaryFolder('segnet-stream-plan-');
  try {
    const names = Object.entries(job.outputs) as [keyof Job['outputs'], string][];
    const outputs = Object.fromEntries(names.map(([kind, path]) => [kind, join(folder, kind, basename(path))]));
    for (const kind of Object.keys(outputs)) await mkdir(join(folder, kind));
    if (outputs.masks !== undefined && job.input.kind !== 'image') await mkdir(outputs.masks);
    const stop = new AbortController();
    let frames = 0;
    let engineMs = 0;
    let firstAt = 0;
    let lastAt = 0;
    const longest = SAMPLE_FRAMES / (info.frameRate ?? ASSUMED_FRAME_RATE);
    const options = { ...prepared.options, duration: Math.min(prepared.options.duration ?? longest, longest) };
    const route = buildRoute({ ...job, outputs }, prepared.engine, options, {
      signal: AbortSignal.any([stop.signal, signal]),
    });
    const beganAt = performance.now();
    await lastValueFrom(
      route.pipe(
        tap(({ stepTimes }) => {
          engineMs += stepTimes.segment ?? 0;
          lastAt = performance.now();
          if (frames === 0) firstAt = lastAt;
          frames += 1;
          // The source ends, what is under way goes to its end: files of so many frames are whole.
          if (lastAt - firstAt > LONGEST_MS) stop.abort();
        }),
      ),
      { defaultValue: undefined },
    );
    if (frames === 0) return undefined;
    const around = firstAt - beganAt + (performance.now() - lastAt);
    // A picture takes its whole way. Of a video the first frame's is mostly the start; where there is no other, the network's time
    // says more.
    const isPicture = job.input.kind === 'image';
    const msAFrame = frames > 1 ? (lastAt - firstAt) / (frames - 1) : isPicture ? lastAt - beganAt : engineMs;
    return {
      input: job.input.path,
      width: info.width,
      height: info.height,
      frames,
      framesPerSecond: round(1000 / Math.max(msAFrame, 1)),
      // Of a picture it is in its pace.
      secondsAround: isPicture ? 0 : round(around / 1000),
      engineSeconds: Math.round(engineMs / frames) / 1000,
      bytesPerFrame: Math.round((await bytesUnder(folder)) / frames),
    };
  } catch {
    return undefined;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function bytesUnder(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true });
  const sizes = await Promise.all(entries.map((entry) => stat(join(folder, entry))));
  return sizes.reduce((sum, entry) => sum + (entry.isFile() ? entry.size : 0), 0);
}
