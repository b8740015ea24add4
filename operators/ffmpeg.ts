import type { ChildProcess } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import fluentFfmpeg from 'fluent-ffmpeg';
import { Failure } from '../model/failure.js';
import type { FfmpegTool } from './find-ffmpeg.js';
import type { Inlet } from './inlet.js';
import { redact } from './redact.js';

/** One `-i`, with the options that come before it. A `Readable` is piped into standard input. */
export interface FfmpegInput {
  readonly source: string | Readable;
  readonly options?: readonly string[];
}

/** One output, with the options that come before it. */
export interface FfmpegOutput {
  readonly target: string;
  readonly options?: readonly string[];
}

/** The work of one ffmpeg process. */
export interface FfmpegRun {
  readonly inputs: readonly FfmpegInput[];
  readonly outputs: readonly FfmpegOutput[];
  readonly filter?: string;
  /** `info` also prints what the input is. @default 'error' */
  readonly log?: 'error' | 'info';
  /**
   * The inlets into which ffmpeg writes, by descriptor: `pipe:1` and so on as targets. Whoever opened them ends them.
   * On a descriptor below 3 ffmpeg blocks while the inlet is full; libuv makes those from 3 on non-blocking, and ffmpeg
   * sleeps for a millisecond again and again.
   */
  readonly inlets?: readonly { readonly descriptor: number; readonly inlet: Inlet }[];
  /** Kills the process when ours exits. Not for an encoder: the end of its input makes it finish its file. */
  readonly killOnExit?: boolean;
  /** Called with each line that ffmpeg prints, without its secrets, and the line's level. */
  readonly onLine?: (line: string, level: string) => void;
}

/** How a process ended: either `code` or `signal` is set. */
export interface FfmpegEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The last lines that it printed at level warning or worse, oldest first, without their secrets. */
  readonly log: readonly string[];
}

/**
 * Returns whether everything was written. If the disk is full at the very end, ffmpeg reports an error of the trailer
 * or of closing the file, and still exits with 0.
 */
export function endedWell({ code, log }: FfmpegEnd): boolean {
  return (
    code === 0 && !log.some((line) => /Error writing trailer|Error closing file|No space left on device/.test(line))
  );
}

/** Describes how a process ended: `exited with code 1`, `was ended by SIGKILL`. */
export function howEnded({ code, signal }: FfmpegEnd): string {
  return signal ? `was ended by ${signal}` : `exited with code ${code}`;
}

/** Removes memory addresses from a line of ffmpeg's, as they help nobody. */
export function withoutAddresses(line: string): string {
  return line.replaceAll(/ @ 0x[0-9a-f]+/g, '');
}

/** Returns ffmpeg's last lines as a sentence to end a message with: the cause is often some lines above the last. */
export function lastWords({ log }: FfmpegEnd): string {
  // Said of every source with the full range of JPEG, and never why anything went wrong.
  const told = log.filter((line) => !line.includes('deprecated pixel format used'));
  const lines = told.slice(-3).map(withoutAddresses);
  return lines.length > 0 ? `. ffmpeg says: ${[...new Set(lines)].join(' / ')}` : '';
}

/** A running ffmpeg. */
export interface FfmpegProcess {
  /** Unused if an inlet took its place. */
  readonly stdin: Writable;
  /** Resolves once it has exited and all that it printed has been read; never rejects. */
  readonly ended: Promise<FfmpegEnd>;
  kill(signal: NodeJS.Signals): void;
  /**
   * Ends the process and destroys its pipes: what is still in them is lost. Without a grace period (ms) SIGKILL ends it
   * at once. With one, SIGTERM comes first, so that ffmpeg can close its connection, and SIGKILL follows if it still
   * runs after that. Later calls do nothing: at a second SIGTERM ffmpeg would break off whatever it is sending, even
   * the message that closes the connection.
   */
  abandon(graceMs?: number): void;
}

/** The parts of fluent-ffmpeg that this file replaces; they have no types because they are private to it. */
interface Internals {
  ffmpegProc?: ChildProcess;
  _checkCapabilities(callback: (error: null) => void): void;
  availableEncoders(callback: (error: null, encoders: object) => void): void;
  _getFfmpegPath(callback: (error: null, path: string) => void): void;
  _spawnFfmpeg(args: string[], options: object, onProcess: unknown, onEnd: OnEnd): void;
}

/** Called with the error that ended a process, if any, and with what it printed: nothing if it could not be started. */
type OnEnd = (error: Error | null, ...printed: readonly (Printed | undefined)[]) => void;

interface Printed {
  get(): string;
}

const nothingPrinted: Printed = { get: () => '' };

const keptLines = 40;
const killedOnExit = new Set<ChildProcess>();

process.on('exit', () => {
  for (const child of killedOnExit) child.kill('SIGKILL');
});

/**
 * Starts ffmpeg through fluent-ffmpeg; resolves when the process runs. What is changed in the library, and why:
 * - it asks ffmpeg for its formats and encoders before every run (two processes, and it refuses devices on ffmpeg 7);
 * - it keeps one binary's path in a module-wide cache;
 * - it splits a lone option at its space, hence the spreads below;
 * - its error messages drop lines, so the log is kept here;
 * - if a process cannot be started, it still asks what that process printed, and throws in a later tick;
 * - the process gets a group of its own, so that Ctrl-C reaches only us and files can be finished.
 *
 * @throws `Failure` `FFMPEG_MISSING` if the binary cannot be run, `FFMPEG_DIED` if the system has no room for a process.
 */
export function startFfmpeg(tool: FfmpegTool, run: FfmpegRun): Promise<FfmpegProcess> {
  const { inlets = [] } = run;
  const command = fluentFfmpeg({ stdoutLines: 1 });
  for (const { source, options = [] } of run.inputs) {
    command.input(source);
    if (options.length > 0) command.inputOptions(...options);
  }
  if (run.filter) command.complexFilter(run.filter);
  for (const { target, options = [] } of run.outputs) {
    command.output(target);
    if (options.length > 0) command.outputOptions(...options);
  }
  const internals = command as unknown as Internals;
  internals._checkCapabilities = (callback) => callback(null);
  internals.availableEncoders = (callback) => callback(null, {});
  internals._getFfmpegPath = (callback) => callback(null, tool.path);
  const spawnAsBefore = internals._spawnFfmpeg;
  // What `spawn` throws would reach nobody, for example if the run was abandoned and its inlets destroyed meanwhile.
  let refuse: (reason: unknown) => void = () => {};
  internals._spawnFfmpeg = function (args, options, onProcess, onEnd) {
    const global = ['-hide_banner', '-nostdin', '-nostats', '-v', `repeat+level+${run.log ?? 'error'}`];
    const stdio: (Inlet['stdio'] | 'pipe')[] = ['pipe', 'pipe', 'pipe'];
    for (const { descriptor, inlet } of inlets) stdio[descriptor] = inlet.stdio;
    const captureStdout = inlets.length === 0;
    const spawning = { ...options, captureStdout, stdio, detached: process.platform !== 'win32' };
    const ended: OnEnd = (error, out = nothingPrinted, err = nothingPrinted) => onEnd(error, out, err);
    try {
      spawnAsBefore.call(this, [...global, ...args], spawning, onProcess, ended);
    } catch (error) {
      // Without free descriptors the child has no pipes, and the library throws; the child itself reports the reason in
      // the next tick.
      setImmediate(() => refuse(error));
    }
  };

  return new Promise((resolve, reject) => {
    refuse = reject;
    command.on('start', () => {
      const child = internals.ffmpegProc!;
      for (const { descriptor, inlet } of inlets) inlet.start(child.stdio[descriptor] as Readable | null);
      resolve(watch(child, run));
    });
    // After the start this event only repeats what the process itself reported.
    command.on('error', (error: NodeJS.ErrnoException) => {
      const code = ['ENOENT', 'EACCES'].includes(error.code ?? '') ? 'FFMPEG_MISSING' : 'FFMPEG_DIED';
      reject(new Failure(code, `${tool.path} cannot be run: ${error.message}`, { cause: error }));
    });
    command.run();
  });
}

function watch(child: ChildProcess, run: FfmpegRun): FfmpegProcess {
  const log: string[] = [];
  let rest = '';
  // A line without a level continues the one before it: names may contain line feeds.
  let level = 'error';
  const takeLine = (raw: string) => {
    const match = /^(.*?)\[(debug|verbose|info|warning|error|fatal|panic)\] (.*)$/.exec(raw);
    level = match?.[2] ?? level;
    const line = redact(match ? `${match[1]}${match[3]}` : raw).trimEnd();
    if (line === '') return;
    // A line without a level may also come from the system, which reports a crash that way.
    if (level !== 'info' || match === null) {
      log.push(line);
      if (log.length > keptLines) log.shift();
    }
    run.onLine?.(line, level);
  };
  child.stderr!.on('data', (text: string) => {
    const lines = (rest + text).split(/\r?\n|\r/);
    rest = lines.pop()!;
    for (const line of lines) takeLine(line);
  });
  if (run.killOnExit) killedOnExit.add(child);

  const exited = new Promise<[number | null, NodeJS.Signals | null]>((resolve) => {
    child.once('exit', (code, signal) => resolve([code, signal]));
    child.once('error', () => resolve([null, null]));
  });
  const printed = new Promise<void>((resolve) => child.stderr!.once('close', resolve));
  const ended = Promise.all([exited, printed]).then(([[code, signal]]): FfmpegEnd => {
    killedOnExit.delete(child);
    takeLine(rest);
    return { code, signal, log };
  });
  let abandoned = false;
  return {
    stdin: child.stdin!,
    ended,
    kill: (signal) => child.kill(signal),
    abandon(graceMs = 0) {
      if (abandoned) return;
      abandoned = true;
      child.kill(graceMs > 0 ? 'SIGTERM' : 'SIGKILL');
      if (graceMs > 0) {
        const timer = setTimeout(() => child.kill('SIGKILL'), graceMs).unref();
        child.once('exit', () => clearTimeout(timer));
      }
      for (const pipe of [child.stdin, child.stdout]) pipe?.destroy();
    },
  };
}
