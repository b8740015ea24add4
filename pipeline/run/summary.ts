import type { Percentiles } from '../client/percentiles.js';
import { formatTime } from '../options/time.js';
import { count, shorten } from '../wording.js';
import type { OutputPaths } from './name-outputs.js';

/** A note with a code. `INPUT_TRUNCATED` means that an input was damaged or truncated, and its outputs contain what could be decoded. */
export interface SummaryNote {
  readonly code: string;
  readonly message: string;
}

/** The result of one input. */
export interface FileSummary {
  readonly input: string;
  readonly outcome: 'done' | 'skipped' | 'stopped' | 'failed';
  readonly outputs: OutputPaths;
  /** Frames that passed all steps. */
  readonly frames: number;
  /** From the beginning of work on the file to its last output. */
  readonly seconds: number;
  readonly framesPerSecond: number;
  /** From the beginning of work on the file to the first frame that passed all steps. */
  readonly firstFrameMs?: number;
  /** By step, in the order of the route. */
  readonly steps: Readonly<Record<string, Percentiles>>;
  /** Notes on outputs that were made: a truncated file, a decoder fallback. */
  readonly notes: readonly SummaryNote[];
  readonly error?: { readonly code: string; readonly message: string };
}

/** The result of a run. */
export interface RunSummary {
  /** One sentence on the engine and why it was chosen; absent if nothing was computed. */
  readonly engine?: string;
  readonly files: readonly FileSummary[];
  readonly done: number;
  readonly skipped: number;
  readonly failed: number;
  /** True if a signal ended the run early. */
  readonly stopped: boolean;
  readonly frames: number;
  readonly seconds: number;
}

/** Adds up the results of the files. */
export function summarise(
  files: readonly FileSummary[],
  seconds: number,
  stopped: boolean,
  engine?: string,
): RunSummary {
  const countOf = (outcome: FileSummary['outcome']) => files.filter((file) => file.outcome === outcome).length;
  const total = (of: (file: FileSummary) => number) => files.reduce((sum, file) => sum + of(file), 0);
  return {
    ...(engine !== undefined && { engine }),
    files,
    done: countOf('done'),
    skipped: countOf('skipped'),
    failed: countOf('failed'),
    stopped,
    frames: total(({ frames }) => frames),
    seconds: round(seconds),
  };
}

/** Renders a file's summary for people to read: a line and a table of its steps. */
export function describeFile(file: FileSummary): string {
  const { outcome, frames, seconds, framesPerSecond, notes, error } = file;
  const input = shorten(file.input);
  const outputs = Object.values(file.outputs).map(shorten).join(', ');
  // A file that was only played to viewers has no outputs.
  const to = outputs === '' ? input : `${input} -> ${outputs}`;
  const lines: Record<FileSummary['outcome'], string> = {
    done: `${to}: ${count(frames, 'frame')} in ${formatTime(seconds)} (${framesPerSecond} frames/s)`,
    skipped: `${input}: ${outputs} is up to date (--overwrite does it again)`,
    stopped: frames > 0 ? `${to}: stopped after ${count(frames, 'frame')}` : `${input}: stopped before its first frame`,
    failed: `${input}: ${error?.message} [${error?.code}]`,
  };
  // The steps of a single picture tell nothing, and among a hundred such tables notes would be lost.
  const steps = frames > 1 ? describeSteps(file) : [];
  return [lines[outcome], ...notes.map(({ message }) => `  ${message}`), ...steps].join('\n');
}

function describeSteps({ steps }: FileSummary): readonly string[] {
  const rows = Object.entries(steps);
  if (rows.length === 0) return [];
  const width = Math.max(...rows.map(([name]) => name.length), 4);
  const cells = (name: string, values: readonly (string | number)[]) =>
    `  ${name.padEnd(width)}${values.map((value) => String(value).padStart(11)).join('')}`;
  return [cells('ms', ['p50', 'p95', 'p99']), ...rows.map(([name, { p50, p95, p99 }]) => cells(name, [p50, p95, p99]))];
}

/** True if the lines of this many files scroll out of sight. */
export function isMany(files: number): boolean {
  return files > 10;
}

/** Renders the last line of a run for people to read. With many files, the failed and incomplete ones are repeated before it. */
export function describeRun({ files, done, skipped, failed, frames, seconds }: RunSummary): string {
  const stopped = files.length - done - skipped - failed;
  const damaged = files.filter(isDamaged);
  const why = isMany(files.length) ? ' (up to date; --overwrite does them again)' : '';
  const parts = [`${done} done`, `${skipped} skipped${why}`, `${failed} failed`, `${stopped} stopped`].filter(
    (part) => !part.startsWith('0 '),
  );
  if (damaged.length > 0) parts.push(`${damaged.length} damaged or incomplete`);
  const what = `${count(files.length, 'file')}: ${parts.join(', ') || 'nothing done'}`;
  const last = `${what}; ${count(frames, 'frame')} in ${formatTime(seconds)}`;
  if (!isMany(files.length)) return last;
  // These would be hard to find among the lines of many files.
  const wrong = files.filter(({ outcome }) => outcome === 'failed').map(describeFile);
  return [...damaged.map(describeDamage), ...wrong, last].join('\n');
}

/** Codes of notes that report outputs with only a part of their input. */
const INCOMPLETE: ReadonlySet<string> = new Set(['INPUT_TRUNCATED', 'PICTURES_LEFT_OUT']);

function isDamaged({ notes }: FileSummary): boolean {
  return notes.some(({ code }) => INCOMPLETE.has(code));
}

function describeDamage({ input, notes }: FileSummary): string {
  const messages = notes.filter(({ code }) => INCOMPLETE.has(code)).map(({ message }) => message);
  return `${shorten(input)}: ${messages.join('. ')}`;
}

/** Rounds to two decimals, which is enough for milliseconds and seconds. */
export function round(value: number): number {
  return Math.round(value * 100) / 100;
}
