import { open, readFile, rm, rmdir, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure, outputFailure } from '../../model/failure.js';
import { makeFolder } from '../../operators/make-folder.js';
import { isRunning } from '../is-running.js';

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
      await rm(path, { force: true }).catch(() => {});
      // Not before: a lock of this process that is not its own is a dead one.
      own.delete(path);
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

/** The folder goes when another run releases the last lock in it: it is made anew. More often than this is no such chance. */
const MOST_TRIES = 1000;

async function take(path: string, output: string): Promise<void> {
  try {
    for (let tries = 0; tries < MOST_TRIES; tries++) if (await takeIfFree(path, output)) return;
  } catch (error) {
    throw error instanceof Failure ? error : outputFailure('the output', output, error);
  }
  throw new Failure('OUTPUT_BUSY', `${output} is being locked and released by other runs again and again`);
}

/** True where it was taken; false where it is to be tried again. */
async function takeIfFree(path: string, output: string): Promise<boolean> {
  checkOwn(path, output);
  await makeFolder(dirname(path));
  const file = await open(path, 'wx').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST' && error.code !== 'ENOENT') throw error;
    return undefined;
  });
  if (file !== undefined) {
    own.add(path);
    try {
      await file.writeFile(`${process.pid} ${hostname()}\n`).finally(() => file.close());
      return true;
    } catch (error) {
      // The disk is full. Empty, it would keep others out.
      own.delete(path);
      await rm(path, { force: true });
      throw error;
    }
  }
  const holder = await holderOf(path);
  checkOwn(path, output);
  if (holder.state === 'living') {
    const message = `${output} is being written by another run (${holder.name}): wait for it, or stop it`;
    throw new Failure('OUTPUT_BUSY', message);
  }
  if (holder.state === 'dead') await removeDead(path);
  return false;
}

/** Refuses what another run in this process writes. */
function checkOwn(path: string, output: string): void {
  if (own.has(path)) throw new Failure('OUTPUT_BUSY', `${output} is being written by this program already`);
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
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return;
    if (code !== 'EEXIST') throw error;
    await sleep(TAKING_MS);
    const since = await stat(guard).catch(() => undefined);
    if (since !== undefined && Date.now() - since.mtimeMs > STALE_MS) await rm(guard, { force: true });
    return;
  }
  try {
    if ((await holderOf(path)).state === 'dead') await rm(path, { force: true });
  } finally {
    await rm(guard, { force: true });
  }
}

/** Who holds a lock; `gone` where there is none (any more), which must not be removed: another may be making it. */
type Holder =
  | { readonly state: 'gone' }
  | { readonly state: 'dead' }
  | { readonly state: 'living'; readonly name: string };

async function holderOf(path: string): Promise<Holder> {
  try {
    const [text, { mtimeMs }] = await Promise.all([readFile(path, 'utf8'), stat(path)]);
    const [pid = '', host = ''] = text.trim().split(' ');
    if (Date.now() - mtimeMs > STALE_MS) return { state: 'dead' };
    if (pid === '') return { state: 'living', name: 'one that has just begun' };
    if (host !== hostname()) return { state: 'living', name: `process ${pid} on ${host}` };
    const isLiving = own.has(path) || (Number(pid) !== process.pid && isRunning(Number(pid)));
    return isLiving ? { state: 'living', name: `process ${pid}` } : { state: 'dead' };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { state: 'gone' };
    throw error;
  }
}
