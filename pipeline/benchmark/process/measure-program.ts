import { spawn } from 'node:child_process';
import { Failure } from '../../../model/failure.js';
import type { ProgramCall } from '../../module-command.js';
import { endWithUs } from './end-with-us.js';
import { type TreeMemory, watchTreeMemory } from './tree-memory.js';

/** The cost of a program from start to end, with all processes that it started and waited for. */
export interface ProgramCost {
  /** Its standard output. */
  readonly output: string;
  /** `Date.now()` when it was started. */
  readonly startedAt: number;
  readonly wallSeconds: number;
  /** User and system time of all its processes. */
  readonly cpuSeconds: number;
  /** Absent if the system does not report it. */
  readonly memory?: TreeMemory;
}

/**
 * Runs a program to its end under a POSIX shell, whose `times` counts the processor time of all its descendants, including
 * ffmpeg and Node's threads, to a hundredth of a second.
 *
 * @throws `Failure` `PROGRAM_FAILED` if it cannot be run or its exit status is not 0, with the last line of its output.
 */
export async function measureProgram(name: string, { file, args }: ProgramCall): Promise<ProgramCost> {
  const startedAt = Date.now();
  const begunAt = performance.now();
  const script = '"$@"; status=$?; times >&3; exit $status';
  const child = spawn('sh', ['-c', script, 'sh', file, ...args], { stdio: ['ignore', 'pipe', 'pipe', 'pipe'] });
  endWithUs(child);
  const watch = watchTreeMemory(child.pid ?? -1);
  const texts = ['', '', ''];
  for (const [index, stream] of child.stdio.slice(1).entries()) {
    stream!.on('data', (text) => {
      texts[index] += text;
    });
  }
  const status = await new Promise<number | string | null>((resolve) => {
    child.once('error', ({ message }) => resolve(message));
    child.once('close', (code, signal) => resolve(signal ?? code));
  });
  const wallSeconds = (performance.now() - begunAt) / 1000;
  const memory = watch.stop();
  const [output, errors, times] = texts as [string, string, string];
  if (status !== 0) {
    const last = errors.trim().split('\n').at(-1);
    throw new Failure('PROGRAM_FAILED', `${name} ended with ${status}${last ? `: ${last}` : ''}`);
  }
  return { output, startedAt, wallSeconds, cpuSeconds: childSeconds(times), ...(memory && { memory }) };
}

/** Adds up the second line of `times`, the children's user and system time: `0m1.25s 0m0.10s`. */
export function childSeconds(times: string): number {
  const [, line = ''] = times.trim().split('\n');
  const parts = [...line.matchAll(/(\d+)m([\d.]+)s/g)];
  return parts.reduce((sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds), 0);
}
