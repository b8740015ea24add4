import { isAbsolute, relative } from 'node:path';

/** Shortens a path to one relative to the working folder, if it is inside. */
export function shorten(path: string): string {
  const short = relative('.', path);
  return isAbsolute(path) && short !== '' && !short.startsWith('..') && !isAbsolute(short) ? short : path;
}

/** `1 frame`, `2 frames`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
