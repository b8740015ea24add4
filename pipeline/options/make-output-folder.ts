import { outputFailure } from '../../model/failure.js';
import { makeFolder } from '../../operators/make-folder.js';

/**
 * Creates an output folder that the user named, and its parent folders.
 *
 * @throws `Failure` `OUTPUT_UNWRITABLE`, `OUTPUT_DISK_FULL`.
 */
export async function makeOutputFolder(path: string): Promise<void> {
  await makeFolder(path).catch((error: unknown) => {
    throw outputFailure('the folder', path, error, 'make');
  });
}
