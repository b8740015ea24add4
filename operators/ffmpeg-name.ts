import { existsSync } from 'node:fs';
import { isPattern } from './check-input.js';

/** Returns the options for a name with a `*` in it, unless there is a file of that name; ffmpeg recognises `%05d` by itself. */
export function patternOptions(input: string): readonly string[] {
  return input.includes('*') && isPattern(input) && !existsSync(input) ? ['-pattern_type', 'glob'] : [];
}

/** Returns a name in a form that ffmpeg does not take for an option. */
export function ffmpegName(input: string): string {
  return input.startsWith('-') ? `./${input}` : input;
}
