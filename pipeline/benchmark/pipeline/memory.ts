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

/** What `benchmark pipeline --memory` takes. */
export interface MemoryOptions extends BenchmarkOptions {
  /** How long the long clip is; the short one is a tenth of it. */
  readonly longSeconds: number;
  readonly engine: EngineOptions | 'none';
}

/** What `run` held on one clip. */
export interface MemoryRow {
  readonly seconds: number;
  readonly frames: number;
  /** Of `run` and its ffmpegs together; 0 where the system does not tell. */
  readonly peakBytes: number;
  /** The same with what processes share counted once. */
  readonly peakProportionalBytes: number;
  readonly peakByProgram: TreeMemory['byProgram'];
}

/** Whether memory grows with the length of a clip. */
export interface MemoryResult {
  readonly machine: Machine;
  readonly rows: readonly [short: MemoryRow, long: MemoryRow];
  /** Peak on the long clip over peak on the short one. */
  readonly ratio: number;
}

/** Of the piece that both clips repeat. */
const PIECE_SECONDS = 6;

/**
 * Takes a short and a long 1920x1080 clip through `run` and compares the most memory that was held.
 *
 * @throws `Failure` as `findFfmpeg`, `PROGRAM_FAILED` where `run` fails.
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

/** A moving test picture with sound: one piece, encoded once, again and again. */
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
