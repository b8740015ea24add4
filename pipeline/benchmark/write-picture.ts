import { rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Failure } from '../../model/failure.js';
import { makeOutputFolder } from '../options/make-output-folder.js';

/**
 * Writes a picture whole or not at all.
 *
 * @throws `Failure` `OUTPUT_UNWRITABLE`.
 */
export async function writePicture(path: string, svg: string): Promise<void> {
  await makeOutputFolder(dirname(path));
  const temporary = `${path}.part`;
  try {
    await writeFile(temporary, svg);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw new Failure('OUTPUT_UNWRITABLE', `Could not write the picture ${path}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
