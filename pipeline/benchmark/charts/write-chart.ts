import { dirname } from 'node:path';
import { writeWhole } from '../../../model/write-whole.js';
import { makeOutputFolder } from '../../options/make-output-folder.js';

/**
 * Writes a picture atomically.
 *
 * @throws `Failure` `OUTPUT_UNWRITABLE`.
 */
export async function writeChart(path: string, svg: string): Promise<void> {
  await makeOutputFolder(dirname(path));
  await writeWhole(path, 'the picture', [svg]);
}
