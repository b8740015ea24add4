import { rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeFolder } from '../../operators/make-folder.js';

/** Writes a picture whole or not at all. */
export async function writePicture(path: string, svg: string): Promise<void> {
  await makeFolder(dirname(path));
  await writeFile(`${path}.part`, svg);
  await rename(`${path}.part`, path);
}
