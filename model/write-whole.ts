import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { Failure } from './failure.js';

/**
 * Writes a file under a temporary name and renames it: a reader sees the old file or the new, whole.
 *
 * @param what What the message calls it: `the weights file`.
 * @param pieces Text and bytes, one after the other.
 * @throws `Failure` `OUTPUT_UNWRITABLE`: no such folder, no permission; `OUTPUT_DISK_FULL`.
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
 * What the system says against writing a file or folder, as the `Failure` `OUTPUT_DISK_FULL` or `OUTPUT_UNWRITABLE`.
 *
 * @param what What the message calls it: `the weights file`.
 */
export function outputFailure(what: string, path: string, cause: unknown): Failure {
  const { code, message } = cause as NodeJS.ErrnoException;
  const says = (reason: string) => `Could not write ${what} ${path}: ${reason}.`;
  // A quota is a disk for one user.
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new Failure('OUTPUT_DISK_FULL', says('the disk is full'), { cause });
  const isFolderMissing = code === 'ENOENT' || code === 'ENOTDIR';
  return new Failure('OUTPUT_UNWRITABLE', says(isFolderMissing ? 'the folder does not exist' : message), { cause });
}
