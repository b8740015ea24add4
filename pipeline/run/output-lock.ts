import { open, readFile, rm, rmdir, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure, outputFailure } from '../../model/failure.js';
import { makeFolder } from '../../operators/make-folder.js';

/** Says that outputs are being written, so that a second run keeps away from them. */
export interface OutputLock {
  release(): Promise<void>;
}

/** A lock says so often that its owner lives, ms; one that is silent for longer than {@link STALE_MS} is nobody's. */
const SIGN_OF_LIFE_MS = 5_000;
const STALE_MS = 30_000;

/** Those of this process: a number alone cannot tell its own from one of the same number before a restart. */
const own = new Set<string>();

/**
 * Locks outputs by a file each, `.segnet-stream/NAME.lock`. One that a killed run left behind is taken over: at once where its
 * process is gone, after half a minute where it ran on another machine.
 *
 * @throws `Failure` `OUTPUT_BUSY` where another run writes one of them; `OUTPUT_UNWRITABLE`, `OUTPUT_DISK_FULL`.
 */
export async function lockOutputs(outputs: readonly string[]): Promise<OutputLock> {
  const taken: string[] = [];
  const timer = setInterval(() => {
    const now = new Date();
    // One that somebody removed is missed by nobody.
    for (const path of taken) utimes(path, now, now).catch(() => {});
  }, SIGN_OF_LIFE_MS).unref();
  const release = async () => {
    clearInterval(timer);
    for (const path of taken) {
      own.delete(path);
      await rm(path, { force: true }).catch(() => {});
      await rmdir(dirname(path)).catch(() => {});
    }
  };
  try {
    for (const output of outputs) {
      const path = join(dirname(output), '.segnet-stream', `${basename(output)}.lock`);
      await take(path, output);
      taken.push(path);
    }
  } catch (error) {
    await release();
    throw error;
  }
  return { release };
}

async function take(path: string, output: string): Promise<void> {
  for (;;) {
    if (own.has(path)) throw new Failure('OUTPUT_BUSY', `${output} is being written by this program already`);
    try {
      await makeFolder(dirname(path));
      const file = await open(path, 'wx');
      own.add(path);
      try {
        await file.writeFile(`${process.pid} ${hostname()}\n`).finally(() => file.close());
      } catch (error) {
        // The disk is full. Empty, it would keep others out.
        own.delete(path);
        await rm(path, { force: true });
        throw error;
      }
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
        throw outputFailure('the output', output, error);
      }
    }
    const owner = await livingOwner(path);
    if (owner !== undefined) {
      throw new Failure('OUTPUT_BUSY', `${output} is being written by another run (${owner}): wait for it, or stop it`);
    }
    await removeDead(path);
  }
}

/** How long who waits for another to remove a lock waits before it looks again, ms. */
const TAKING_MS = 20;

/**
 * Removes a lock of nobody's. One process at a time, which looks once more: two that found the same dead lock would both remove
 * it, the second the one that the first had made meanwhile.
 */
async function removeDead(path: string): Promise<void> {
  const guard = `${path}.taking`;
  try {
    await (await open(guard, 'wx')).close();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    await sleep(TAKING_MS);
    const since = await stat(guard).catch(() => undefined);
    if (since !== undefined && Date.now() - since.mtimeMs > STALE_MS) await rm(guard, { force: true });
    return;
  }
  try {
    if ((await livingOwner(path)) === undefined) await rm(path, { force: true });
  } finally {
    await rm(guard, { force: true });
  }
}

/** Who holds a lock; undefined where nobody does any more. */
async function livingOwner(path: string): Promise<string | undefined> {
  try {
    const [text, { mtimeMs }] = await Promise.all([readFile(path, 'utf8'), stat(path)]);
    const [pid = '', host = ''] = text.trim().split(' ');
    if (Date.now() - mtimeMs > STALE_MS) return undefined;
    if (pid === '') return 'one that has just begun';
    if (host !== hostname()) return `process ${pid} on ${host}`;
    return Number(pid) !== process.pid && isRunning(Number(pid)) ? `process ${pid}` : undefined;
  } catch {
    return undefined;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Another user's.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
