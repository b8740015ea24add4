import { readdirSync, readFileSync } from 'node:fs';

/** True where processes can be looked at. */
export const canSeeProcesses = process.platform === 'linux';

/** Process ids of the ffmpegs that this process started and that still run; zombies do not run. */
export function runningFfmpegs(): number[] {
  const found: number[] = [];
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'latin1');
      const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
      if (Number(parent) === process.pid && state !== 'Z' && name.startsWith('ffmpeg')) found.push(Number(entry));
    } catch {
      // It ended while we looked.
    }
  }
  return found;
}

/** Resolves when none runs any more; a test that waits here for ever has found a leak. */
export async function noFfmpegRuns(): Promise<void> {
  while (canSeeProcesses && runningFfmpegs().length > 0) await new Promise((resolve) => setTimeout(resolve, 20));
}
