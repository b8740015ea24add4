import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findFfmpeg } from '../../../operators/find-ffmpeg.js';
import { makeTemporaryFolder } from '../../../operators/make-folder.js';
import type { EngineOptions } from '../../options/engine-options.js';
import type { BenchmarkOptions } from '../benchmark-options.js';
import { describeMachine, type Machine } from '../machine.js';
import type { TreeMemory } from '../process/tree-memory.js';
import { measureRoute } from './measure-route.js';

/** Options of `benchmark pipeline --memory`. */
export interface MemoryOptions extends BenchmarkOptions {
  /** The duration of the long clip; the short one has a tenth of it. */
  readonly longSeconds: number;
  readonly engine: EngineOptions | 'none';
}

/** The memory of `run` on one clip. */
export interface MemoryRow {
  readonly seconds: number;
  readonly frames: number;
  /** The peak of `run` and its ffmpegs together; 0 if the system does not report it. */
  readonly peakBytes: number;
  /** The same, with shared memory counted once. */
  readonly peakProportionalBytes: number;
  readonly peakByProgram: TreeMemory['byProgram'];
}

/** The result of `benchmark pipeline --memory`: whether memory grows with the length of a clip. */
export interface MemoryResult {
  readonly machine: Machine;
  readonly rows: readonly [short: MemoryRow, long: MemoryRow];
  /** The peak on the long clip divided by that on the short one. */
  readonly ratio: number;
}

/** The duration of the piece that both clips repeat. */
const PIECE_SECONDS = 6;

/**
 * Processes a short and a long 1920x1080 clip with `run` and compares peak memory.
 *
 * @throws `Failure` as `findFfmpeg`, `PROGRAM_FAILED` if `run` fails.
 */
export async function compareMemory(options: MemoryOptions): Promise<MemoryResult> {
  const { longSeconds, engine, signal, onProgress } = options;
  const machine = await describeMachine();
  const folder = await makeTemporaryFolder('segnet-stream-benchmark-');
  const measure = async (seconds: number): Promise<MemoryRow> => {
    signal?.throwIfAborted();
    onProgress?.(`a clip of ${seconds} s at 1920x1080`);
    const clip = await makeLongClip(folder, seconds);
    const { frames, memory } = await measureRoute({ clip, output: join(folder, 'out.mp4'), engine });
    const { peakBytes = 0, peakProportionalBytes = 0, byProgram = {} } = memory ?? {};
    return { seconds, frames, peakBytes, peakProportionalBytes, peakByProgram: byProgram };
  };
  try {
    const rows = [await measure(Math.max(longSeconds / 10, 1)), await measure(longSeconds)] as const;
    return { machine, rows, ratio: rows[1].peakBytes / rows[0].peakBytes };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Makes a clip of a moving test picture with sound, by repeating one piece that is encoded once. */
async function makeLongClip(folder: string, seconds: number): Promise<string> {
  const { path } = await findFfmpeg();
  const ffmpeg = (...args: readonly string[]) => promisify(execFile)(path, ['-v', 'error', '-nostdin', '-y', ...args]);
  const piece = join(folder, 'piece.mp4');
  const clip = join(folder, `${seconds}.mp4`);
  const length = Math.min(seconds, PIECE_SECONDS);
  const picture = ['-f', 'lavfi', '-i', `testsrc2=size=1920x1080:rate=25:duration=${length}`];
  const sound = ['-f', 'lavfi', '-i', `sine=frequency=440:sample_rate=48000:duration=${length}`];
  const codecs = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac'];
  await ffmpeg(...picture, ...sound, ...codecs, piece);
  await ffmpeg('-stream_loop', '-1', '-i', piece, '-t', String(seconds), '-c', 'copy', clip);
  return clip;
}
