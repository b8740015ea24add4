import { readdirSync, readFileSync } from 'node:fs';

/** What `read` gives, or `otherwise` where the system has it no more, or does not tell. */
export function readOr<Value>(read: () => Value, otherwise: Value): Value {
  try {
    return read();
  } catch {
    return otherwise;
  }
}

/** A process and all that it started and still runs, itself first; itself alone where the system does not tell (Linux does). */
export function processTree(pid: number): readonly number[] {
  // Any thread may have started a process; threads end while we look.
  const childrenOf = (thread: string) =>
    readOr(() => readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8'), '')
      .trim()
      .split(' ')
      .filter(Boolean);
  const children = readOr(() => readdirSync(`/proc/${pid}/task`), []).flatMap(childrenOf);
  return [pid, ...children.flatMap((child) => processTree(Number(child)))];
}
