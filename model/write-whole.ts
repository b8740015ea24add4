import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { outputFailure } from './failure.js';

/**
 * Writes a file under a temporary name and renames it, so a reader sees either the old file or the whole new one.
 *
 * @param what What the message calls it: `the weights file`.
 * @param pieces Text and bytes, in order.
 * @throws `Failure` `OUTPUT_UNWRITABLE` without the folder or permission; `OUTPUT_DISK_FULL`.
 */
export async function writeWhole(path: string, what: string, pieces: readonly (string | Uint8Array)[]): Promise<void> {
  const temporary = `${path}.part.${process.pid}`;
  let file: FileHandle | undefined;
  try {
    file = await open(temporary, 'w');
    for (const piece of pieces) await file.writeFile(piece);
    await file.sync();
    await file.close();
    await rename(temporary, path);
  } catch (error) {
    await file?.close().catch(() => {});
    await rm(temporary, { force: true }).catch(() => {});
    throw outputFailure(what, path, error);
  }
}

/**
 * Checks before long work that {@link writeWhole} will be able to write a file, by making its temporary one.
 *
 * @throws `Failure` as `writeWhole`.
 */
export async function checkWritable(path: string, what: string): Promise<void> {
  const temporary = `${path}.part.${process.pid}`;
  try {
    await (await open(temporary, 'w')).close();
    const found = await stat(path).catch(() => undefined);
    if (found?.isDirectory()) throw new Error('it is a folder');
  } catch (error) {
    throw outputFailure(what, path, error);
  } finally {
    await rm(temporary, { force: true }).catch(() => {});
  }
}
