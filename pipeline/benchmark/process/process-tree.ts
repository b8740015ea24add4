import { readdirSync, readFileSync } from 'node:fs';

/** The result of `read`, or `otherwise` if it throws because the process is gone or the system does not report it. */
export function readOr<Value>(read: () => Value, otherwise: Value): Value {
  try {
    return read();
  } catch {
    return otherwise;
  }
}

/** The ids of a process and its running descendants, itself first; only itself if the system does not report them (Linux does). */
export function processTree(pid: number): readonly number[] {
  // Any thread may have started a process, and threads may end meanwhile.
  const childrenOf = (thread: string) =>
    readOr(() => readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8'), '')
      .trim()
      .split(' ')
      .filter(Boolean);
  const children = readOr(() => readdirSync(`/proc/${pid}/task`), []).flatMap(childrenOf);
  return [pid, ...children.flatMap((child) => processTree(Number(child)))];
}
