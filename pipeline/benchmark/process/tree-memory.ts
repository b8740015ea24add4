import { readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { processTree, readOr } from './process-tree.js';

/** The most memory that a process and all that it started held, resident bytes. */
export interface TreeMemory {
  /** Of all together at one moment; memory that two of them share counts for each. */
  readonly peakBytes: number;
  /** The same with shared memory divided among all that share it (Linux's PSS): what a program's pages and libraries take once. */
  readonly peakProportionalBytes: number;
  /** Of the largest process of each name by itself, which the system itself keeps, by the program's name. */
  readonly byProgram: Readonly<Record<string, number>>;
}

/** A watch over the memory of a tree of processes. */
export interface TreeMemoryWatch {
  /** Ends the watch; undefined where the system does not tell (it is read from Linux's `/proc`). */
  stop(): TreeMemory | undefined;
}

/** Looks at a process and its descendants ten times a second. */
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
    // By its file: programs rename their threads, Node 26 the first one.
    program: basename(readOr(() => readlinkSync(`/proc/${pid}/exe`), '')),
    bytes: bytesOf(status, 'VmRSS'),
    proportionalBytes: bytesOf(textOf('smaps_rollup'), 'Pss'),
    peak: bytesOf(status, 'VmHWM'),
  };
}

function bytesOf(text: string, field: string): number {
  return Number(new RegExp(`^${field}:\\s*(\\d+) kB$`, 'm').exec(text)?.[1] ?? 0) * 1024;
}
