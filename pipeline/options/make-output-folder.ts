import { outputFailure } from '../../model/failure.js';
import { makeFolder } from '../../operators/make-folder.js';

/**
 * Makes a folder that a person named for output, and those above it.
 *
 * @throws `Failure` `OUTPUT_UNWRITABLE`, `OUTPUT_DISK_FULL`.
 */
export async function makeOutputFolder(path: string): Promise<void> {
  await makeFolder(path).catch((error: unknown) => {
    throw outputFailure('the folder', path, error, 'make');
  });
}
