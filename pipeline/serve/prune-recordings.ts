import type { Stats } from 'node:fs';
import { lstat, readdir, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { concatMap, ignoreElements, type OperatorFunction } from 'rxjs';
import { outputOfPart } from '../../operators/part-files.js';
import { type AskDisk, askAtOnce } from './ask-disk.js';
import { placesOf } from './next-recording.js';

/** Which finished recordings are kept, and callbacks for the others. */
export interface PruneOptions {
  /** Hours after the end of a recording. By default recordings are kept for ever. */
  readonly keepHours?: number | undefined;
  /** The most disk space for all recordings, 10^9 bytes. By default there is no limit. */
  readonly keepGb?: number | undefined;
  /** The server's inputs. A file that one of these may refer to is never removed. */
  readonly inputs?: readonly string[];
  /** Partial files of recordings that ended early, which count as recordings. Other partial files may belong to another server. */
  readonly parts?: ReadonlySet<string>;
  /** Asks the disk. By default each question is asked at once. */
  readonly ask?: AskDisk;
  /** Called with each file that was removed. */
  readonly onRemoved: (path: string) => void;
  /** Called, once for each path, with the error of a file that cannot be removed or of the folder. */
  readonly onError: (error: unknown, path: string) => void;
}

interface Recording {
  readonly path: string;
  readonly size: number;
  readonly endedAt: number;
}

/**
 * At each value of the source, removes finished recordings that are too old or exceed the disk space, the oldest first. The
 * newest recording of each source is always kept. Files are recognised only by their names, so that those of earlier servers
 * are included. Links, folders, other partial files and all other names are left alone.
 *
 * @param paths The path of each source's recordings without a number, all in one folder.
 */
export function pruneRecordings(paths: readonly string[], options: PruneOptions): OperatorFunction<unknown, never> {
  const { keepHours = Number.POSITIVE_INFINITY, keepGb = Number.POSITIVE_INFINITY, onRemoved, onError } = options;
  const { ask = askAtOnce } = options;
  const folder = dirname(paths[0]!);
  const bases = new Set(paths.map((path) => basename(path)));
  const reported = new Set<string>();

  /** Returns the result of an action, or `undefined` if it failed. */
  async function attempt<T>(path: string, action: () => Promise<T>): Promise<T | undefined> {
    try {
      return await ask(action);
    } catch (error) {
      // It does not matter if someone else removed the file.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' && !reported.has(path)) {
        reported.add(path);
        onError(error, path);
      }
      return undefined;
    }
  }

  async function prune(): Promise<void> {
    const inputs = await identitiesOf(options.inputs ?? []);
    const newest = new Map<string, { readonly number: number; readonly recording: Recording }>();
    const recordings: Recording[] = [];
    for (const name of (await attempt(folder, () => readdir(folder))) ?? []) {
      const places = placesOf(name, bases);
      // A partial file of the source `x` has the name of a recording of the source `x.part`.
      const isPart = placesOf(basename(outputOfPart(name) ?? ''), bases).length > 0;
      const path = join(folder, name);
      if (isPart ? !options.parts?.has(path) : places.length === 0) continue;
      // Some of ffmpeg's protocols contain file names in a longer text.
      if (options.inputs?.some((input) => input.split(/[/\\:|,]/).includes(name))) continue;
      const stats = await attempt(path, () => lstat(path));
      if (!stats?.isFile() || inputs.has(identityOf(stats))) continue;
      const recording = { path, size: stats.size, endedAt: stats.mtimeMs };
      recordings.push(recording);
      for (const { base, number } of isPart ? [] : places) {
        if (number > (newest.get(base)?.number ?? 0)) newest.set(base, { number, recording });
      }
    }
    const kept = new Set([...newest.values()].map(({ recording }) => recording));
    let bytes = 0;
    for (const { size } of kept) bytes += size;
    const others = recordings.filter((recording) => !kept.has(recording)).sort((a, b) => b.endedAt - a.endedAt);
    const tooMuch = others.filter(({ size, endedAt }) => {
      bytes += size;
      return bytes > keepGb * 1e9 || Date.now() - endedAt > keepHours * 3_600_000;
    });
    for (const { path } of tooMuch.reverse()) {
      const isRemoved = await attempt(path, () => unlink(path).then(() => true));
      if (isRemoved) onRemoved(path);
    }
  }

  return (source) => source.pipe(concatMap(prune), ignoreElements());
}

function identityOf({ dev, ino }: Stats): string {
  return `${dev}:${ino}`;
}

/** The identities of files among inputs, independent of the path by which they are named. */
async function identitiesOf(inputs: readonly string[]): Promise<ReadonlySet<string>> {
  const found = await Promise.all(inputs.map((input) => stat(input.replace(/^file:/, '')).catch(() => undefined)));
  return new Set(found.flatMap((stats) => (stats === undefined ? [] : [identityOf(stats)])));
}
