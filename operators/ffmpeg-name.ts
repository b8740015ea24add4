import { existsSync } from 'node:fs';
import { isPattern } from './input-failure.js';

/** What ffmpeg has to be told for names with a `*` in them, unless there is such a file; `%05d` it finds by itself. */
export function patternOptions(input: string): readonly string[] {
  return input.includes('*') && isPattern(input) && !existsSync(input) ? ['-pattern_type', 'glob'] : [];
}

/** A name as ffmpeg takes it for one, not for an option. */
export function ffmpegName(input: string): string {
  return input.startsWith('-') ? `./${input}` : input;
}
