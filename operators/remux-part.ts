import { rename, rm } from 'node:fs/promises';
import { outputFailure } from '../model/failure.js';
import { type EncodeCommand, type RemuxEnd, remuxRun } from './encode-run.js';
import { endedWell, type FfmpegProcess, lastWords, type startFfmpeg } from './ffmpeg.js';
import type { FfmpegTool } from './find-ffmpeg.js';
import { lastShownSeconds } from './last-shown.js';

/** A complete part file, and the final file to be made from it. */
export interface RemuxJob {
  readonly tool: FfmpegTool;
  /** The command that wrote the part. */
  readonly command: EncodeCommand;
  /** The final file's name while it is being written. */
  readonly remuxed: string;
  readonly output: string;
  readonly end: RemuxEnd;
  /** The final file must show a picture at this time or later, by its own clock. */
  readonly shownSeconds: number;
}

/** The functions that a job needs from its caller. */
export interface RemuxContext {
  /** Starts ffmpeg so that it is killed if the job is abandoned. */
  run(...args: Parameters<typeof startFfmpeg>): Promise<FfmpegProcess>;
  isAbandoned(): boolean;
  onWarning?: ((text: string, code: string) => void) | undefined;
}

/**
 * Makes the final file from a part and removes the part. If that fails, the part itself, which plays, gets the final
 * name, with a warning `OUTPUT_FRAGMENTED`.
 *
 * @throws `Failure` of `giveName`; the part is kept.
 */
export async function remuxPart(job: RemuxJob, { run, isAbandoned, onWarning }: RemuxContext): Promise<void> {
  const { tool, command, remuxed, output, shownSeconds } = job;
  const { part } = command;
  const remux = async (end: RemuxEnd) => (await run(tool, remuxRun(tool, part, remuxed, command, end))).ended;
  let ended = await remux(job.end);
  const { pictureSeconds, ...uncut } = job.end;
  // ffmpeg 4 does not know how long some pictures are shown. The second of the last two is then never shown, and the
  // first takes its length from it: it stays in.
  if (endedWell(ended) && pictureSeconds !== undefined && (await lastShownSeconds(tool, remuxed)) < shownSeconds) {
    ended = await remux(uncut);
  }
  if (isAbandoned()) return;
  if (endedWell(ended)) {
    await giveName(remuxed, output);
    await rm(part, { force: true });
    return;
  }
  // For example, there is no room for a second copy. The part is complete, and plays.
  await rm(remuxed, { force: true });
  await giveName(part, output);
  onWarning?.(
    `${output} could not be rewritten for fast start, and stays in fragments${lastWords(ended)}`,
    'OUTPUT_FRAGMENTED',
  );
}

/**
 * Gives a complete file its final name.
 *
 * @throws `Failure` `OUTPUT_UNWRITABLE`, `OUTPUT_DISK_FULL`.
 */
export async function giveName(path: string, output: string): Promise<void> {
  await rename(path, output).catch((error: unknown) => {
    throw outputFailure('the output', output, error);
  });
}
