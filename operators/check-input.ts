import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Failure } from '../model/failure.js';
import { redact } from './redact.js';

/** True for what only ffmpeg can open: URLs, and devices by protocol. */
function isUrl(input: string): boolean {
  return /^[a-z][a-z0-9+.-]+:/i.test(input) && !/^[a-z]:[\\/]/i.test(input);
}

/** True for the name of an image sequence: `frames/%05d.png` or `frames/*.jpg`. */
export function isPattern(input: string): boolean {
  return !isUrl(input) && /%\d*d|[*]/.test(input);
}

/** The path of the one file that an input names; undefined for standard input, sequences and what only ffmpeg can open. */
export function fileOf(input: string): string | undefined {
  // ffmpeg takes the rest of `file:` and `file://` as it is.
  const path = input.replace(/^file:(?:\/\/)?/, '');
  if (path === '-' || isUrl(path)) return undefined;
  return isPattern(path) && !existsSync(path) ? undefined : resolve(path);
}

/** ffmpeg formats whose inputs are not files: for avfoundation `0` is a camera. */
const FILELESS = /^(?:avfoundation|dshow|gdigrab|x11grab|lavfi)$/;

/**
 * Checks a local file before ffmpeg is started for it, because "no such file" is clearer from us.
 *
 * @param inputOptions ffmpeg's options before its `-i`: a format among them may mean that the input is not a file.
 *
 * @throws `Failure` `INPUT_MISSING`, `INPUT_EMPTY`, `INPUT_NOT_VIDEO` (a directory), `INPUT_UNREADABLE`.
 */
export async function checkInput(input: string, inputOptions: readonly string[] = []): Promise<void> {
  if (input === '-' || isUrl(input)) return;
  const format = inputOptions[inputOptions.lastIndexOf('-f') + 1];
  if (inputOptions.includes('-f') && FILELESS.test(format ?? '')) return;
  // A mistyped address of a camera, with its password, is taken for a file.
  const name = redact(input);
  let stats: Awaited<ReturnType<typeof stat>>;
  try {
    stats = await stat(input);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (isPattern(input)) return;
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new Failure('INPUT_MISSING', `Input ${name} does not exist`);
    throw new Failure('INPUT_UNREADABLE', `Input ${name} cannot be read (${code})`, { cause: error });
  }
  if (stats.isDirectory()) {
    throw new Failure(
      'INPUT_NOT_VIDEO',
      `Input ${name} is a directory; expected a video, an image or a pattern such as ${name}/%04d.png`,
    );
  }
  if (stats.isFIFO())
    throw new Failure('INPUT_NOT_VIDEO', `Input ${name} is a pipe: give it on standard input, as \`-\``);
  if (stats.isFile() && stats.size === 0)
    throw new Failure('INPUT_EMPTY', `Input ${name} is empty (0 bytes); expected a video`);
}
