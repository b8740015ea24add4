import { rename, rm, writeFile } from 'node:fs/promises';
import { outputFailure } from '../model/failure.js';
import { partOf } from './part-files.js';

/**
 * Writes a file under the name of its part, and renames it when it is complete.
 *
 * @param isAbandoned If it returns true once the part is written, the part is removed instead.
 * @throws `Failure` `OUTPUT_UNWRITABLE`, `OUTPUT_DISK_FULL`; nothing is left then.
 */
export async function writeByPart(output: string, content: Uint8Array, isAbandoned = () => false): Promise<void> {
  const part = partOf(output);
  try {
    await writeFile(part, content);
    if (isAbandoned()) await rm(part, { force: true });
    else await rename(part, output);
  } catch (error) {
    await rm(part, { force: true });
    throw outputFailure('the output', output, error);
  }
}
