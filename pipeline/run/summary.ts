import { isAbsolute, relative } from 'node:path';
import type { Percentiles } from '../client/percentiles.js';
import { formatTime } from '../options/time.js';
import type { OutputPaths } from './name-outputs.js';

/** Something worth knowing: `INPUT_TRUNCATED` says that an input was damaged or cut off, and its outputs have what could be decoded. */
export interface SummaryNote {
  readonly code: string;
  readonly message: string;
}

/** What became of one input. */
export interface FileSummary {
  readonly input: string;
  readonly outcome: 'done' | 'skipped' | 'stopped' | 'failed';
  readonly outputs: OutputPaths;
  /** Frames that came to the end of the route. */
  readonly frames: number;
  /** From the first work on the file to its last output. */
  readonly seconds: number;
  readonly framesPerSecond: number;
  /** From the call of `run` to the first frame that was handed to the encoder. */
  readonly firstFrameMs?: number;
  /** By step, in the order of the route. */
  readonly steps: Readonly<Record<string, Percentiles>>;
  /** What is worth knowing of an output that came to be: a file that was cut off, a decoder that fell back. */
  readonly notes: readonly SummaryNote[];
  readonly error?: { readonly code: string; readonly message: string };
}

/** What became of a run. */
export interface RunSummary {
  /** One sentence: which engine computed, and why that one; absent where nothing had to be computed. */
  readonly engine?: string;
  readonly files: readonly FileSummary[];
  readonly done: number;
  readonly skipped: number;
  readonly failed: number;
  /** True where a signal ended the run early. */
  readonly stopped: boolean;
  readonly frames: number;
  readonly seconds: number;
}

/** Adds up what became of the files. */
export function summarise(
  files: readonly FileSummary[],
  seconds: number,
  stopped: boolean,
  engine?: string,
): RunSummary {
  const count = (outcome: FileSummary['outcome']) => files.filter((file) => file.outcome === outcome).length;
  const total = (of: (file: FileSummary) => number) => files.reduce((sum, file) => sum + of(file), 0);
  return {
    ...(engine !== undefined && { engine }),
    files,
    done: count('done'),
    skipped: count('skipped'),
    failed: count('failed'),
    stopped,
    frames: total(({ frames }) => frames),
    seconds: round(seconds),
  };
}

/** One file's summary for people: a line, and a table of its steps. */
export function describeFile(file: FileSummary): string {
  const { outcome, frames, seconds, framesPerSecond, notes, error } = file;
  const input = shorten(file.input);
  const outputs = Object.values(file.outputs).map(shorten).join(', ');
  // Where a file was only played to viewers there are none.
  const to = outputs === '' ? input : `${input} -> ${outputs}`;
  const lines: Record<FileSummary['outcome'], string> = {
    done: `${to}: ${count(frames, 'frame')} in ${formatTime(seconds)} (${framesPerSecond} frames/s)`,
    skipped: `${input}: ${outputs} is up to date (--overwrite does it again)`,
    stopped: frames > 0 ? `${to}: stopped after ${count(frames, 'frame')}` : `${input}: stopped before its first frame`,
    failed: `${input}: ${error?.message} [${error?.code}]`,
  };
  // Of one picture's steps there is nothing to be learnt, and of a hundred pictures no notes to be seen among them.
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

/** True where the lines of so many files scroll out of sight. */
export function isMany(files: number): boolean {
  return files > 10;
}

/** The last line of a run for people; of many files, those that failed or are not whole once more before it. */
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
  // Among the lines of many files these are hard to find.
  const wrong = files.filter(({ outcome }) => outcome === 'failed').map(describeFile);
  return [...damaged.map(describeDamage), ...wrong, last].join('\n');
}

/** Codes of notes which say that not all of an input is in its outputs. */
const INCOMPLETE: ReadonlySet<string> = new Set(['INPUT_TRUNCATED', 'PICTURES_LEFT_OUT']);

function isDamaged({ notes }: FileSummary): boolean {
  return notes.some(({ code }) => INCOMPLETE.has(code));
}

function describeDamage({ input, notes }: FileSummary): string {
  const messages = notes.filter(({ code }) => INCOMPLETE.has(code)).map(({ message }) => message);
  return `${shorten(input)}: ${messages.join(' ')}`;
}

/** A path as one would type it: from the working folder, where it is in there. */
export function shorten(path: string): string {
  const short = relative('.', path);
  return isAbsolute(path) && short !== '' && !short.startsWith('..') && !isAbsolute(short) ? short : path;
}

/** `1 frame`, `2 frames`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** To two decimals: nobody reads more of a millisecond or a second. */
export function round(value: number): number {
  return Math.round(value * 100) / 100;
}
