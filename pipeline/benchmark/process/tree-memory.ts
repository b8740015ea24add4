import { readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { processTree, readOr } from './process-tree.js';

/** Peak resident memory of a process and its descendants, bytes. */
export interface TreeMemory {
  /** The peak of all together at one moment; memory that two of them share counts for each. */
  readonly peakBytes: number;
  /** The same with shared memory divided among the processes that share it (Linux's PSS), so that it counts once. */
  readonly peakProportionalBytes: number;
  /** The peak of the largest process of each program, as the system records it, by the program's name. */
  readonly byProgram: Readonly<Record<string, number>>;
}

/** A monitor of the memory of a process tree. */
export interface TreeMemoryWatch {
  /** Ends monitoring and returns the result; undefined if the system does not report it (it is read from Linux's `/proc`). */
  stop(): TreeMemory | undefined;
}

/** Monitors a process and its descendants, ten times a second. */
export function watchTreeMemory(pid: number, everyMs = 100): TreeMemoryWatch {
  const byProgram = new Map<string, number>();
  let peakBytes = 0;
  let peakProportionalBytes = 0;
  const look = () => {
    let together = 0;
    let proportional = 0;
    for (const { program, bytes, proportionalBytes, peak } of processTree(pid).map(residentOf)) {
      if (program === '') continue;
      together += bytes;
      proportional += proportionalBytes;
      byProgram.set(program, Math.max(byProgram.get(program) ?? 0, peak));
    }
    peakBytes = Math.max(peakBytes, together);
    peakProportionalBytes = Math.max(peakProportionalBytes, proportional);
  };
  const timer = setInterval(look, everyMs);
  look();
  return {
    stop() {
      clearInterval(timer);
      return peakBytes > 0 ? { peakBytes, peakProportionalBytes, byProgram: Object.fromEntries(byProgram) } : undefined;
    },
  };
}

interface Resident {
  readonly program: string;
  readonly bytes: number;
  readonly proportionalBytes: number;
  readonly peak: number;
}

function residentOf(pid: number): Resident {
  const textOf = (file: string) => readOr(() => readFileSync(`/proc/${pid}/${file}`, 'utf8'), '');
  const status = textOf('status');
  return {
    // Identified by its file, since programs rename their threads (Node 26 even the first one).
    program: basename(readOr(() => readlinkSync(`/proc/${pid}/exe`), '')),
    bytes: bytesOf(status, 'VmRSS'),
    proportionalBytes: bytesOf(textOf('smaps_rollup'), 'Pss'),
    peak: bytesOf(status, 'VmHWM'),
  };
}

function bytesOf(text: string, field: string): number {
  return Number(new RegExp(`^${field}:\\s*(\\d+) kB$`, 'm').exec(text)?.[1] ?? 0) * 1024;
}
