import { Failure } from '../../model/failure.js';
import { makeFolder } from '../../operators/make-folder.js';

/**
 * Makes a folder that a person named for output, and those above it.
 *
 * @throws `Failure` `OUTPUT_UNWRITABLE` where the system refuses.
 */
export async function makeOutputFolder(path: string): Promise<void> {
  await makeFolder(path).catch((error: Error) => {
    throw new Failure('OUTPUT_UNWRITABLE', `Could not make the folder ${path}: ${error.message}`, { cause: error });
  });
}
