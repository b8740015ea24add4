import { open, readFile, rm, rmdir, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure, outputFailure } from '../../model/failure.js';
import { makeFolder } from '../../operators/make-folder.js';
import { isRunning } from '../is-running.js';
import { NOTES_FOLDER } from './notes-folder.js';

/** A lock on outputs that are being written, which keeps a second run from them. */
export interface OutputLock {
  release(): Promise<void>;
}

/** How often a lock's time is updated, ms. A lock without an update for longer than {@link STALE_MS} is stale. */
const SIGN_OF_LIFE_MS = 5_000;
const STALE_MS = 30_000;

/** The locks of this process. The process id alone cannot tell them from those of an earlier process with the same id. */
const own = new Set<string>();

/**
 * Locks outputs by one file each, `.segnet-stream/NAME.lock`. A stale lock of a killed run is taken over: at once if its
 * process is gone, after half a minute if it ran on another machine.
 *
 * @throws `Failure` `OUTPUT_BUSY` where another run writes one of them; `OUTPUT_UNWRITABLE`, `OUTPUT_DISK_FULL`.
 */
export async function lockOutputs(outputs: readonly string[]): Promise<OutputLock> {
  const taken: string[] = [];
  const timer = setInterval(() => {
    const now = new Date();
    // It does not matter if someone removed the file.
    for (const path of taken) utimes(path, now, now).catch(() => {});
  }, SIGN_OF_LIFE_MS).unref();
  const release = async () => {
    clearInterval(timer);
    for (const path of taken) {
      await rm(path, { force: true }).catch(() => {});
      // Only now, because a lock with this process id that is not in `own` counts as stale.
      own.delete(path);
      await rmdir(dirname(path)).catch(() => {});
    }
  };
  try {
    for (const output of outputs) {
      const path = join(dirname(output), NOTES_FOLDER, `${basename(output)}.lock`);
      await take(path, output);
      taken.push(path);
    }
  } catch (error) {
    await release();
    throw error;
  }
  return { release };
}

/** The folder disappears when another run releases the last lock in it, and is created again. More tries than this are no coincidence. */
const MOST_TRIES = 1000;

async function take(path: string, output: string): Promise<void> {
  try {
    for (let tries = 0; tries < MOST_TRIES; tries++) if (await takeIfFree(path, output)) return;
  } catch (error) {
    throw error instanceof Failure ? error : outputFailure('the output', output, error);
  }
  throw new Failure('OUTPUT_BUSY', `${output} is being locked and released by other runs again and again`);
}

/** True if the lock was taken; false if it should be tried again. */
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
      // The disk is full. An empty lock would keep other runs out.
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

/** Refuses an output that another run in this process is writing. */
function checkOwn(path: string, output: string): void {
  if (own.has(path)) throw new Failure('OUTPUT_BUSY', `${output} is being written by this program already`);
}

/** How long to wait before checking again whether another process has removed a lock, ms. */
const TAKING_MS = 20;

/**
 * Removes a stale lock. Only one process at a time does so, and checks again: of two that found the same stale lock, the second
 * would otherwise remove the new lock of the first.
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

/** Who holds a lock. `gone` means that there is none (any more); it must not be removed, since another process may be creating one. */
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
