import { dirname } from 'node:path';
import { checkEnding } from '../model/check-option.js';
import { checkWritable, writeWhole } from '../model/write-whole.js';
import { makeOutputFolder } from './options/make-output-folder.js';

const WHAT = 'the picture';

/**
 * Checks before long work that its picture can be written, and makes the folder.
 *
 * @param option The option that names the file, for messages.
 * @throws `Failure` `OPTION_INVALID` for another ending than .svg; `OUTPUT_UNWRITABLE`, `OUTPUT_DISK_FULL`.
 */
export async function checkSvg(option: string, path: string): Promise<void> {
  checkEnding(option, path, '.svg');
  await makeOutputFolder(dirname(path));
  await checkWritable(path, WHAT);
}

/** Writes a picture atomically. @throws `Failure` `OUTPUT_UNWRITABLE`, `OUTPUT_DISK_FULL`. */
export async function writeSvg(path: string, svg: string): Promise<void> {
  await makeOutputFolder(dirname(path));
  await writeWhole(path, WHAT, [svg]);
}
