import { statfs } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, extname, resolve } from 'node:path';
import { from, lastValueFrom, mergeMap } from 'rxjs';
import { Failure } from '../../model/failure.js';
import { findFfmpeg } from '../../operators/find-ffmpeg.js';
import { checkFolder } from '../../operators/output-failure.js';
import { isThere } from '../../operators/part-files.js';
import { probe } from '../../operators/probe.js';
import { ASSUMED_FRAME_RATE, type SourceInfo } from '../../operators/source-info.js';
import { sequenceOptions } from './image-sequence.js';
import type { OutputPaths } from './name-outputs.js';
import { checkReplaceable, upToDate } from './output-note.js';
import { isSmallPicture, picturesAtOnce } from './pictures-at-once.js';
import { type Job, type PreparedRun, prepareRun } from './prepare-run.js';
import { framesOf, labelOf } from './process-job.js';
import { checkRunOptions, type RunOptions } from './run-options.js';
import { type RouteSample, SAMPLE_FRAMES, takeSample } from './sample-route.js';

/** What `run` would do with one input. */
export interface PlannedFile {
  readonly input: string;
  /** `skip` what is up to date; `refuse` what cannot be read or would replace a file of somebody else's. */
  readonly action: 'make' | 'skip' | 'refuse';
  readonly outputs: OutputPaths;
  /** Absent where the container does not say how long it is. */
  readonly frames?: number;
  /** Estimated from a sample at its picture size. */
  readonly seconds?: number;
  readonly bytes?: number;
  /** Why it would be refused. */
  readonly error?: { readonly code: string; readonly message: string };
}

/** What `run` would do, how long it would take and how much disk it would need. */
export interface RunPlan {
  readonly files: readonly PlannedFile[];
  readonly make: number;
  readonly skip: number;
  readonly refuse: number;
  /** Of the files to make whose length is known; the others come on top. */
  readonly frames: number;
  readonly seconds: number;
  readonly bytes: number;
  /** Free bytes where the outputs go; absent where that cannot be known. */
  readonly freeBytes?: number;
  /** Which engine the estimate was measured on; absent where nothing is to be made. */
  readonly engine?: string;
  /** What was measured, by picture size. */
  readonly samples: readonly RouteSample[];
  /** What is worth knowing of files and folders that are no inputs. */
  readonly notes: readonly string[];
}

/** As many picture sizes are measured; others are estimated from the one nearest to them. */
const MOST_SAMPLES = 3;

/**
 * Says what `run` would do with the same options, and does nothing of it: the time and disk are estimated from a second
 * or two of video that really go through everything, into a temporary folder.
 *
 * @throws `Failure` as `run`; the reason of `signal` or `abandon`, once the sample under way is removed.
 */
export async function planRun(options: RunOptions, nameOf?: (option: string) => string): Promise<RunPlan> {
  let engine: string | undefined;
  const checked = checkRunOptions(options, nameOf);
  const signal = AbortSignal.any([options.signal, options.abandon].filter((each) => each !== undefined));
  signal.throwIfAborted();
  await findFfmpeg();
  const prepared = await prepareRun(checked, ({ description }) => {
    engine = description;
  });
  try {
    const looked: Looked[] = [];
    const lookAt = async (job: Job, index: number): Promise<void> => {
      signal.throwIfAborted();
      looked[index] = await look(job, prepared);
    };
    await lastValueFrom(from(prepared.jobs).pipe(mergeMap(lookAt, availableParallelism())), {
      defaultValue: undefined,
    });
    const samples = await sampleSizes(looked, prepared, signal);
    const isPaced = checked.broadcast !== undefined && checked.realtime;
    const small = looked.filter(({ isSmall }) => isSmall).length;
    const atOnce = Math.max(1, Math.min(picturesAtOnce(checked), small));
    const files = looked.map((one) => estimate(one, samples, isPaced, atOnce));
    const count = (action: PlannedFile['action']) => files.filter((file) => file.action === action).length;
    const total = (of: 'frames' | 'seconds' | 'bytes') => files.reduce((sum, file) => sum + (file[of] ?? 0), 0);
    const freeBytes = await freeSpace(prepared.jobs);
    return {
      files,
      make: count('make'),
      skip: count('skip'),
      refuse: count('refuse'),
      frames: total('frames'),
      seconds: Math.round(total('seconds')),
      bytes: total('bytes'),
      ...(freeBytes !== undefined && { freeBytes }),
      ...(engine !== undefined && { engine }),
      samples,
      notes: prepared.notes,
    };
  } finally {
    await prepared.engine.close();
  }
}

interface Looked {
  readonly job: Job;
  readonly file: PlannedFile;
  readonly info?: SourceInfo;
  /** A picture that is made beside others. */
  readonly isSmall?: boolean;
}

async function look(job: Job, { options, madeFrom }: PreparedRun): Promise<Looked> {
  const file = { input: labelOf(job), outputs: job.outputs };
  const outputs = Object.values(job.outputs);
  try {
    if (job.input.failure !== undefined) throw job.input.failure;
    // What is only shown is always made.
    const made = options.overwrite || outputs.length === 0 ? undefined : await madeFrom(job);
    if (made !== undefined && (await upToDate(outputs, made)) !== undefined)
      return { job, file: { ...file, action: 'skip' } };
    if (!options.overwrite) await checkReplaceable(outputs, job.input.path, made?.input);
    for (const output of outputs) await checkFolder(output, await nearestThere(dirname(output)));
    if (job.input.kind === 'stdin') return { job, file: { ...file, action: 'make' } };
    const info = await probe(job.input.path, sequenceOptions(job.input), undefined, options.track);
    const frames = job.input.files?.length ?? (job.input.kind === 'image' ? 1 : framesOf(info, options));
    const planned = { ...file, action: 'make', ...(frames !== undefined && { frames }) } as const;
    return { job, info, file: planned, isSmall: isSmallPicture(job) };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { job, file: { ...file, action: 'refuse', error: { code: error.code, message: error.message } } };
  }
}

/** So many files of one size are tried where the first ones turn out to be damaged. */
const MOST_TRIES = 3;

/** A sample, and what it is one of. */
type SizeSample = RouteSample & { readonly kind: string };

/** Measures an input of each picture size, the most frequent sizes first. */
async function sampleSizes(
  looked: readonly Looked[],
  prepared: PreparedRun,
  signal: AbortSignal,
): Promise<readonly SizeSample[]> {
  const bySize = new Map<string, Looked[]>();
  for (const one of looked) {
    if (one.info === undefined || one.file.action !== 'make') continue;
    const key = `${kindOf(one.job)} ${one.info.width * one.info.height}`;
    bySize.set(key, [...(bySize.get(key) ?? []), one]);
  }
  const frequent = [...bySize.values()].sort((left, right) => right.length - left.length).slice(0, MOST_SAMPLES);
  const samples: SizeSample[] = [];
  for (const ofSize of frequent) {
    const tries: RouteSample[] = [];
    for (const { job, info, file } of ofSize.slice(0, MOST_TRIES)) {
      const sample = await takeSample(job, info!, prepared, signal);
      signal.throwIfAborted();
      if (sample !== undefined) tries.push(sample);
      // A file that is cut off gives less than it promises, and nothing to go by.
      if (sample !== undefined && sample.frames >= Math.min(SAMPLE_FRAMES, file.frames ?? SAMPLE_FRAMES) / 2) break;
    }
    const [best] = tries.sort((left, right) => right.frames - left.frames);
    if (best !== undefined) samples.push({ ...best, kind: kindOf(ofSize[0]!.job) });
  }
  return samples;
}

const VIDEO = 'video';

/** A picture by itself is mostly start and end, and says nothing of a video of its size, nor a JPEG of a PNG. */
function kindOf({ input, outputs }: Job): string {
  return input.kind === 'image' ? `picture ${extname(outputs.output ?? '').toLowerCase()}` : VIDEO;
}

function estimate(
  { job, file, info, isSmall }: Looked,
  all: readonly SizeSample[],
  isPaced: boolean,
  atOnce: number,
): PlannedFile {
  const alike = all.filter(({ kind }) => kind === kindOf(job));
  const isVideo = kindOf(job) === VIDEO;
  const samples = alike.length > 0 ? alike : all.filter(({ kind }) => (kind === VIDEO) === isVideo);
  if (info === undefined || file.frames === undefined || samples.length === 0) return file;
  const pixels = info.width * info.height;
  const distance = (sample: RouteSample) => Math.abs(Math.log((sample.width * sample.height) / pixels));
  const [nearest] = [...samples].sort((left, right) => distance(left) - distance(right));
  // Disk goes by the pixels, time mostly by the network, whose pictures are of one size.
  const scale = pixels / (nearest!.width * nearest!.height);
  const pace = isPaced ? (info.frameRate ?? ASSUMED_FRAME_RATE) : Number.POSITIVE_INFINITY;
  const seconds = file.frames / Math.min(nearest!.framesPerSecond, pace) + nearest!.secondsAround;
  return {
    ...file,
    // Small pictures are beside one another, but in the engine.
    seconds: isSmall ? Math.max(seconds / atOnce, nearest!.engineSeconds) : seconds,
    bytes: Math.round(file.frames * nearest!.bytesPerFrame * scale),
  };
}

async function freeSpace(jobs: readonly Job[]): Promise<number | undefined> {
  const [path] = jobs.flatMap(({ outputs }) => Object.values(outputs));
  const space = await statfs(await nearestThere(resolve(path ?? '.'))).catch(() => undefined);
  return space && space.bavail * space.bsize;
}

/** A path, or the nearest above it that is there: folders that are not are made by the run. */
async function nearestThere(path: string): Promise<string> {
  for (let at = path; ; at = dirname(at)) {
    if ((await isThere(at)) || at === dirname(at)) return at;
  }
}
