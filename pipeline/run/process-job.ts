import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { defer, fromEvent, lastValueFrom, NEVER, type Observable, of, takeUntil, tap } from 'rxjs';
import { abandonedAreGone } from '../../operators/abandoned.js';
import { createMeter, type Measurement, measure } from '../../operators/measure.js';
import type { SourceInfo } from '../../operators/source-info.js';
import { explainError } from '../explain-error.js';
import { makeOutputFolder } from '../options/make-output-folder.js';
import { buildRoute } from './build-route.js';
import { lockOutputs, type OutputLock } from './output-lock.js';
import { checkReplaceable, forgetMissing, noteOutputs, upToDate } from './output-note.js';
import type { Job, PreparedRun } from './prepare-run.js';
import type { RunEvent } from './run-event.js';
import type { CheckedRunOptions } from './run-options.js';
import { type FileSummary, round, type SummaryNote } from './summary.js';
import type { Viewers } from './viewers.js';

/** What the files of a run share. */
export interface JobContext {
  readonly prepared: PreparedRun;
  readonly signal: AbortSignal | undefined;
  readonly abandon: AbortSignal | undefined;
  readonly onEvent: (event: RunEvent) => void;
  /** Absent without `broadcast`. */
  readonly viewers?: Viewers | undefined;
}

/** Makes the outputs of one input, or finds that they are up to date. Never rejects; the summary reports a failure. */
export async function processJob(job: Job, context: JobContext): Promise<FileSummary> {
  const { options } = context.prepared;
  const label = labelOf(job);
  const outputs = Object.values(job.outputs);
  let lock: OutputLock | undefined;
  let made: readonly string[] = [];
  try {
    if (job.input.failure !== undefined) throw job.input.failure;
    if (context.signal?.aborted || context.abandon?.aborted) return nothingOf(label, 'stopped');
    const madeFrom = await context.prepared.madeFrom(job);
    if (!options.overwrite) {
      const done = outputs.length > 0 && madeFrom !== undefined ? await upToDate(outputs, madeFrom) : undefined;
      if (done !== undefined) {
        if (context.viewers === undefined) {
          return { ...nothingOf(label, 'skipped'), outputs: job.outputs, notes: done.notes };
        }
        const played = await follow({ ...job, outputs: {} }, label, context);
        const alone = { code: 'PLAYED_ALONE', message: 'Played alone, as its outputs are up to date' };
        return { ...played, notes: [...played.notes, alone] };
      }
    }
    lock = await lockOutputs(outputs);
    if (!options.overwrite) await checkReplaceable(outputs, job.input.path, madeFrom?.input);
    made = await makeFolders(job);
    if (madeFrom !== undefined) await noteOutputs(outputs, { madeFrom, of: job.input.path, finished: false });
    const summary = await follow(job, label, context);
    if (madeFrom !== undefined && summary.outcome === 'done')
      await noteOutputs(outputs, { madeFrom, of: job.input.path, finished: true, notes: summary.notes });
    return summary;
  } catch (error) {
    return { ...nothingOf(label, 'failed'), error: told(error) };
  } finally {
    // Without the lock, the notes belong to another run.
    if (lock !== undefined) {
      await abandonedAreGone();
      await forgetMissing(outputs, { made, isAbandoned: context.abandon?.aborted === true }).catch(() => {});
      await lock.release();
    }
  }
}

/** The summary of an input for which nothing was made. */
function nothingOf(input: string, outcome: FileSummary['outcome']): FileSummary {
  const none = { frames: 0, seconds: 0, framesPerSecond: 0 };
  return { input, outcome, outputs: {}, ...none, steps: {}, notes: [] };
}

/** Processes all frames of an input. */
async function follow(job: Job, label: string, context: JobContext): Promise<FileSummary> {
  const { signal, abandon, onEvent, viewers } = context;
  const { options, engine } = context.prepared;
  const meter = createMeter();
  const startedAt = performance.now();
  const notes: SummaryNote[] = [];
  const note = (message: string, code: string) => notes.push({ code, message });
  if (job.input.note !== undefined) note(job.input.note, 'PICTURES_LEFT_OUT');
  let expectedFrames: number | undefined;
  let firstFrameMs: number | undefined;
  let frames = 0;
  const route = buildRoute(job, engine, options, {
    ...(signal && { signal }),
    audience: viewers?.begin(job.input),
    // The run has already reported an old ffmpeg.
    onWarning: (text, code) => code === 'FFMPEG_OLD' || note(text, code),
    onInfo: (info) => {
      expectedFrames = framesOf(info, options);
      if (job.input.kind === 'stdin' && info.hasAudio && job.outputs.output !== undefined) {
        const text = 'The sound of standard input is left out, since it can be read only once: give a file to keep it';
        note(text, 'SOUND_LEFT_OUT');
      }
    },
  });
  engine.start();
  let error: unknown;
  try {
    await lastValueFrom(
      route.pipe(
        measure(meter),
        tap(() => {
          firstFrameMs ??= performance.now() - startedAt;
          frames += 1;
          onEvent({ kind: 'frame', input: label, frames, ...(expectedFrames !== undefined && { expectedFrames }) });
        }),
        takeUntil(abandon === undefined ? NEVER : aborted(abandon)),
      ),
      { defaultValue: undefined },
    );
  } catch (caught) {
    error = caught;
    viewers?.fail(error);
  }
  const seconds = (performance.now() - startedAt) / 1000;
  // A picture is complete even if a stop was requested.
  const isWhole = job.input.kind === 'image' && frames > 0 && !abandon?.aborted;
  const stopped = !isWhole && (signal?.aborted || abandon?.aborted);
  const kept = error === undefined && frames > 0 && !abandon?.aborted;
  return {
    input: label,
    outcome: error !== undefined ? 'failed' : stopped ? 'stopped' : 'done',
    outputs: kept ? job.outputs : {},
    frames,
    seconds: round(seconds),
    framesPerSecond: round(frames / seconds),
    ...(firstFrameMs !== undefined && { firstFrameMs: Math.round(firstFrameMs) }),
    steps: roundedSteps(meter.read()),
    notes,
    ...(error !== undefined && { error: told(error) }),
  };
}

/** Emits once the signal is aborted, or at once if it already is. */
function aborted(signal: AbortSignal): Observable<unknown> {
  return defer(() => (signal.aborted ? of(undefined) : fromEvent(signal, 'abort')));
}

function roundedSteps({ steps }: Measurement): FileSummary['steps'] {
  const rounded = Object.entries(steps).map(([step, { p50, p95, p99 }]) => {
    return [step, { p50: round(p50), p95: round(p95), p99: round(p99) }] as const;
  });
  return Object.fromEntries(rounded);
}

/** The name of an input in messages and summaries. */
export function labelOf({ input }: Job): string {
  return input.kind === 'stdin' ? 'standard input' : input.path;
}

/** The expected number of frames in the requested part of a source. */
export function framesOf(
  { frames, frameRate, durationSeconds }: SourceInfo,
  options: CheckedRunOptions,
): number | undefined {
  if (frames === undefined || frameRate === undefined || durationSeconds === undefined) return undefined;
  const { start, duration = Number.POSITIVE_INFINITY } = options;
  if (start === 0 && duration >= durationSeconds) return frames;
  return Math.max(Math.round(Math.min(durationSeconds - start, duration) * frameRate), 0);
}

/** Creates the folders of outputs. Returns the folder of masks if it did not exist before. */
async function makeFolders({ input, outputs }: Job): Promise<readonly string[]> {
  const { masks, ...others } = outputs;
  // A photo's mask is a file.
  const folder = input.kind === 'image' ? undefined : masks;
  const files: readonly string[] = Object.values(folder === undefined ? outputs : others);
  const made = folder === undefined || existsSync(folder) ? [] : [folder];
  const folders = [...files.map((path) => dirname(path)), ...(folder === undefined ? [] : [folder])];
  for (const folder of folders) {
    await makeOutputFolder(folder);
  }
  return made;
}

function told(error: unknown): { readonly code: string; readonly message: string } {
  const { code, message } = explainError(error);
  return { code, message };
}
