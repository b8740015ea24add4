import { mkdir, mkdtemp, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { outputFailure } from '../model/failure.js';

/**
 * Makes a folder and those above it. Node's recursive mkdir never ends if a name cannot be made in an existing folder
 * (`/proc`).
 *
 * @throws The system's error; `ENOTDIR` if a file has one of the names.
 */
export async function makeFolder(path: string): Promise<void> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (found?.isDirectory()) return;
  if (found !== undefined) throw Object.assign(new Error(`${path} is a file`), { code: 'ENOTDIR' });
  if (dirname(path) !== path) await makeFolder(dirname(path));
  await mkdir(path).catch((error: NodeJS.ErrnoException) => {
    // Another process was quicker.
    if (error.code !== 'EEXIST') throw error;
  });
}

/**
 * Makes a folder for temporary files; its name begins with `prefix`.
 *
 * @throws `Failure` `OUTPUT_UNWRITABLE`, `OUTPUT_DISK_FULL`.
 */
export async function makeTemporaryFolder(prefix: string, parent = tmpdir()): Promise<string> {
  try {
    return await mkdtemp(join(parent, prefix));
  } catch (error) {
    throw outputFailure('temporary files (TMPDIR) to', parent, error);
  }
}
