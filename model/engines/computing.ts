/** A flag that a thread and its owner share: 1 from a request until the thread's native library is done with it, else 0. */
export type Computing = Int32Array<SharedArrayBuffer>;

/** The `workerData` of an engine's thread: what the engine gives it, and the flag. */
export type OfEngine<Data extends object> = Data & { readonly computing: Computing };

/** The longest wait for all batches at the end of the process, ms. */
const LONGEST_WAIT_MS = 10_000;

const flags = new Set<Computing>();

/**
 * Makes a flag for a thread. At its end the process waits for threads that compute: a native library that finishes its work
 * while its thread is being ended aborts the process (`terminate called after throwing Napi::Error`), whatever exit status
 * was asked for.
 */
export function createComputing(): Computing {
  if (flags.size === 0) process.on('exit', awaitAll);
  const flag = new Int32Array(new SharedArrayBuffer(4));
  flags.add(flag);
  return flag;
}

/** Sets the flag, before a request is sent. */
export function beginComputing(flag: Computing): void {
  Atomics.store(flag, 0, 1);
}

/** Clears the flag: called by the thread when its library is done, before it answers. */
export function endComputing(flag: Computing): void {
  Atomics.store(flag, 0, 0);
  Atomics.notify(flag, 0);
}

/** Forgets the flag of a thread that has ended. */
export function dropComputing(flag: Computing): void {
  flags.delete(flag);
  if (flags.size === 0) process.off('exit', awaitAll);
}

function awaitAll(): void {
  const until = performance.now() + LONGEST_WAIT_MS;
  for (const flag of flags) Atomics.wait(flag, 0, 1, Math.max(0, until - performance.now()));
}
