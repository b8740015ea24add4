import { homedir } from 'node:os';
import { join } from 'node:path';

/** The folder for what this package fetches and builds outside itself: `~/.cache/segnet-stream`, by XDG_CACHE_HOME. */
export function cacheFolder(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'segnet-stream');
}
