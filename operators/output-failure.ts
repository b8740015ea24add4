import { access, constants, realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Failure } from '../model/failure.js';
import { type FfmpegEnd, howEnded, lastWords } from './ffmpeg.js';
import type { Frame } from './frame.js';
import { isThere, partOf, wholeOf } from './part-files.js';

/**
 * Checks the place of a file before anything is started for it.
 *
 * @throws `Failure` `OUTPUT_UNWRITABLE`, `OUTPUT_IS_INPUT`.
 */
export async function checkOutput(output: string, original?: string): Promise<void> {
  await checkFolder(output, dirname(output));
  const isDirectory = await stat(output).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
  if (isDirectory) throw new Failure('OUTPUT_UNWRITABLE', `Output ${output} is a folder; expected the name of a file`);
  if (original !== undefined) await checkDiffers(output, original);
}

/**
 * Returns a check that a file would not be written over one that frames come from. Each of those is compared once, and calls are
 * answered in their order.
 *
 * @throws `Failure` `OUTPUT_IS_INPUT`, from the check.
 */
export function createSourceCheck(output: string): (frame: Pick<Frame, 'file'>) => Promise<void> {
  const compared = new Set<string>();
  let last = Promise.resolve();
  return ({ file }) => {
    if (file !== undefined && !compared.has(file)) {
      compared.add(file);
      last = last.then(() => checkDiffers(output, file));
    }
    return last;
  };
}

/** Checks that a file would not be written over its original. @throws `Failure` `OUTPUT_IS_INPUT`. */
async function checkDiffers(output: string, original: string): Promise<void> {
  for (const path of [output, partOf(output), wholeOf(output)]) {
    const same = await Promise.all([realpath(path), realpath(original)]).then(
      ([a, b]) => a === b,
      () => false,
    );
    if (!same) continue;
    const what = path === output ? 'is the input itself' : `is called ${path} while it is written, which is the input`;
    throw new Failure('OUTPUT_IS_INPUT', `Output ${output} ${what}; give another name`);
  }
}

/**
 * Checks the folder that an output goes to, or the existing one in which that folder will be made.
 *
 * @throws `Failure` `OUTPUT_UNWRITABLE`.
 */
export async function checkFolder(output: string, folder: string): Promise<void> {
  try {
    await access(folder, constants.W_OK | constants.X_OK);
    if (!(await stat(folder)).isDirectory()) throw new Error('it is no folder');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'the folder does not exist' : (code ?? message);
    throw new Failure('OUTPUT_UNWRITABLE', `Output ${output} cannot be written to ${folder}: ${reason}`, {
      cause: error,
    });
  }
}

/** Explains in one sentence why ffmpeg did not finish writing a file. */
export function explainEnd(output: string, end: FfmpegEnd, frames: number): Failure {
  const text = end.log.join('\n');
  if (/No space left/.test(text)) {
    return new Failure('OUTPUT_DISK_FULL', `The disk is full: writing ${output} stopped after ${frames} frames`);
  }
  if (/Permission denied|Read-only file system/.test(text)) {
    return new Failure('OUTPUT_UNWRITABLE', `Output ${output} cannot be written${lastWords(end)}`);
  }
  return new Failure(
    'FFMPEG_DIED',
    `ffmpeg ${howEnded(end)} while writing ${output}, after ${frames} frames${lastWords(end)}`,
  );
}

/** Returns the same failure with a message that also says where the part is, if it is still there. */
export async function withPart(failure: Failure, part: string): Promise<Failure> {
  if (!(await isThere(part))) return failure;
  const { code, message, cause } = failure;
  return new Failure(code, `${message}. What was written is in ${part}`, { cause });
}
