import { readdirSync, readFileSync } from 'node:fs';

/** A process and all that it started and still runs, itself first; none where it is gone or the system does not tell (Linux does). */
export function processTree(pid: number): readonly number[] {
  try {
    // Any thread may have started a process.
    const children = readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').trim().split(' ').filter(Boolean),
    );
    return [pid, ...children.flatMap((child) => processTree(Number(child)))];
  } catch {
    // It ended while we looked.
    return [];
  }
}
