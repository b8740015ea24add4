import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { arch, availableParallelism, cpus, loadavg, platform, release, totalmem } from 'node:os';
import { processorFlags } from '../../model/engines/processor.js';
import { findFfmpeg } from '../../operators/find-ffmpeg.js';
import { packageVersion } from '../options/package-root.js';

/** The machine of a measurement, which is printed with every result, since numbers mean little without it. */
export interface Machine {
  readonly processor: string;
  /** The number of threads that run at once. */
  readonly cores: number;
  /** The processor's instruction sets that determine how fast a network is. */
  readonly instructions: readonly string[];
  readonly memoryGiB: number;
  /** `linux 6.1.0 x64`. */
  readonly system: string;
  readonly node: string;
  /** Absent if ffmpeg is missing. */
  readonly ffmpeg?: string;
  readonly onnxruntime: string;
  readonly segnetStream: string;
  /** The load average of the minute before the measurement. */
  readonly load: number;
}

const INSTRUCTION_SETS = ['avx2', 'avx512f', 'avx_vnni', 'avx512_vnni', 'amx_int8', 'asimddp', 'i8mm', 'sve'];

/** Describes the machine and its current load, so call it before measuring. */
export async function describeMachine(): Promise<Machine> {
  const [load] = loadavg();
  const [ffmpeg, onnxruntime] = await Promise.all([
    findFfmpeg().catch(() => undefined),
    versionIn(createRequire(import.meta.url).resolve('onnxruntime-node/package.json')),
  ]);
  const flags = processorFlags();
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    instructions: INSTRUCTION_SETS.filter((name) => flags?.has(name)),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${release()} ${arch()}`,
    node: process.version,
    ...(ffmpeg !== undefined && { ffmpeg: ffmpeg.version }),
    onnxruntime,
    segnetStream: packageVersion(),
    load: Math.round(load! * 10) / 10,
  };
}

async function versionIn(path: string): Promise<string> {
  return (JSON.parse(await readFile(path, 'utf8')) as { version: string }).version;
}

/** Renders the machine in two or three lines, and a warning if it was too busy for reliable results. */
export function renderMachine(machine: Machine): string {
  const { processor, cores, instructions, memoryGiB, system, node, ffmpeg, onnxruntime, segnetStream, load } = machine;
  const sets = instructions.length > 0 ? ` (${instructions.join(', ')})` : '';
  const lines = [
    `${cores} x ${processor}${sets}, ${memoryGiB} GiB, ${system}`,
    `segnet-stream ${segnetStream}, Node ${node}, onnxruntime-node ${onnxruntime}, ffmpeg ${ffmpeg ?? 'absent'}`,
  ];
  if (load > cores / 4)
    lines.push(`The machine was busy (load ${load} on ${cores} cores): read the ratios, not the times`);
  return lines.join('\n');
}
