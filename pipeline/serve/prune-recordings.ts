import type { Stats } from 'node:fs';
import { lstat, readdir, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { concatMap, ignoreElements, type OperatorFunction } from 'rxjs';
import { outputOfPart } from '../../operators/part-files.js';
import { placesOf } from './next-recording.js';

/** What is kept of the finished recordings of a server, and who hears of the others. */
export interface PruneOptions {
  /** Since the end of a recording. Defaults to for ever. */
  readonly keepHours?: number | undefined;
  /** Of all together, 10^9 bytes. Defaults to all. */
  readonly keepGb?: number | undefined;
  /** What the server shows: no file that one of these may mean is removed. */
  readonly inputs?: readonly string[];
  /** Parts of recordings that ended early, which count as recordings; others may be of another server. */
  readonly parts?: ReadonlySet<string>;
  /** Hears of each file that was removed. */
  readonly onRemoved: (path: string) => void;
  /** Hears, once of each, what is wrong with a file that cannot be removed, or with the folder. */
  readonly onError: (error: unknown, path: string) => void;
}

interface Recording {
  readonly path: string;
  readonly size: number;
  readonly endedAt: number;
}

/**
 * At each value of the source, looks which finished recordings are too old or too much and removes these, the oldest first. The
 * newest of each source stays, whatever its age and size. Files are known by their names alone, so that those of a server of before
 * are among them; links, folders, other parts and all other names are left alone.
 *
 * @param paths The recordings of each source without their numbers, in one folder.
 */
export function pruneRecordings(paths: readonly string[], options: PruneOptions): OperatorFunction<unknown, never> {
  const { keepHours = Number.POSITIVE_INFINITY, keepGb = Number.POSITIVE_INFINITY, onRemoved, onError } = options;
  const folder = dirname(paths[0]!);
  const bases = new Set(paths.map((path) => basename(path)));
  const told = new Set<string>();

  /** What comes of it, or `undefined` where that failed. */
  async function attempt<T>(path: string, action: Promise<T>): Promise<T | undefined> {
    try {
      return await action;
    } catch (error) {
      // What somebody else removed is no matter.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' && !told.has(path)) {
        told.add(path);
        onError(error, path);
      }
      return undefined;
    }
  }

  async function prune(): Promise<void> {
    const inputs = await identitiesOf(options.inputs ?? []);
    const newest = new Map<string, { readonly number: number; readonly recording: Recording }>();
    const recordings: Recording[] = [];
    for (const name of (await attempt(folder, readdir(folder))) ?? []) {
      const places = placesOf(name, bases);
      // A part of the source `x` is called as a recording of the source `x.part`.
      const isPart = placesOf(basename(outputOfPart(name) ?? ''), bases).length > 0;
      const path = join(folder, name);
      if (isPart ? !options.parts?.has(path) : places.length === 0) continue;
      // Some of ffmpeg's protocols name files inside a longer text.
      if (options.inputs?.some((input) => input.split(/[/\\:|,]/).includes(name))) continue;
      const stats = await attempt(path, lstat(path));
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
      const isRemoved = await attempt(
        path,
        unlink(path).then(() => true),
      );
      if (isRemoved) onRemoved(path);
    }
  }

  return (source) => source.pipe(concatMap(prune), ignoreElements());
}

function identityOf({ dev, ino }: Stats): string {
  return `${dev}:${ino}`;
}

/** Of the files among some inputs, by whatever path they are named. */
async function identitiesOf(inputs: readonly string[]): Promise<ReadonlySet<string>> {
  const found = await Promise.all(inputs.map((input) => stat(input.replace(/^file:/, '')).catch(() => undefined)));
  return new Set(found.flatMap((stats) => (stats === undefined ? [] : [identityOf(stats)])));
}
