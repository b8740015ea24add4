import { stat } from 'node:fs/promises';
import {
  debounceTime,
  distinctUntilChanged,
  exhaustMap,
  fromEvent,
  ignoreElements,
  interval,
  NEVER,
  type Observable,
  of,
  skipWhile,
  startWith,
  switchMap,
  take,
  tap,
  timer,
} from 'rxjs';
import { Failure } from '../../model/failure.js';
import { partOf, wholeOf } from '../../operators/part-files.js';
import { type AskDisk, askAtOnce } from './ask-disk.js';

/** How the files of a recording are watched while it is written and when the server stops. */
export interface WatchRecordingOptions {
  /** Asks the disk that is recorded to. By default each question is asked at once. */
  readonly ask?: AskDisk;
  /** Aborted when the server stops. A recording that is then finished for long is told of, and one that hangs is given up. */
  readonly stop?: AbortSignal;
  /** Called with a recording that is not yet finished `tellMs` after the stop. */
  readonly onAwaited?: (path: string) => void;
  /** The interval at which the partial file is looked for. @default 2_000 // 2 seconds */
  readonly lookMs?: number;
  /** @default 5_000 // 5 seconds */
  readonly tellMs?: number;
  /**
   * After `tellMs`, a recording is given up when its files have not changed for this long: an encoder writes every second, and
   * a file of hours that is being copied never stops changing, unless they or the disk hang. @default 10_000 // 10 seconds
   */
  readonly hangMs?: number;
}

const LOOK_MS = 2_000;
const TELL_MS = 5_000;
const HANG_MS = 10_000;

/**
 * Looks for the partial file of a recording at an interval; errors with `Failure` `OUTPUT_UNWRITABLE` when it was there and
 * is gone. ffmpeg does not notice, and would write on into a file that nobody can open.
 */
export function lookForPart(
  part: string,
  { lookMs = LOOK_MS, ask = askAtOnce }: WatchRecordingOptions,
  onThere: () => void,
): Observable<never> {
  return interval(lookMs).pipe(
    exhaustMap(() => ask(() => mayBeThere(part))),
    // A part is there only once ffmpeg runs.
    skipWhile((isThere) => !isThere),
    tap((isThere) => {
      if (isThere) return onThere();
      throw new Failure('OUTPUT_UNWRITABLE', `${part} is gone: something else removed the recording or its folder`);
    }),
    ignoreElements(),
  );
}

/** False only if there is no such file: a disk that does not answer may still have it. */
function mayBeThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT',
  );
}

/** Tells of a recording that takes long after the server's stop; emits once it is certain to hang. */
export function watchStop(file: string, options: WatchRecordingOptions): Observable<unknown> {
  const { stop, onAwaited, tellMs = TELL_MS, hangMs = HANG_MS, ask = askAtOnce } = options;
  if (stop === undefined) return NEVER;
  const stopped: Observable<unknown> = stop.aborted ? of(undefined) : fromEvent(stop, 'abort');
  const changes = interval(hangMs / 10).pipe(
    exhaustMap(() => ask(() => changeOf(file))),
    // Also where the disk does not even answer.
    startWith(''),
    distinctUntilChanged(),
  );
  return stopped.pipe(
    switchMap(() => timer(tellMs)),
    switchMap(() => {
      onAwaited?.(file);
      return changes.pipe(debounceTime(hangMs));
    }),
    take(1),
  );
}

/** Returns a text that changes whenever something is written for a recording. */
async function changeOf(file: string): Promise<string> {
  let found = '';
  for (const path of [partOf(file), wholeOf(file)]) {
    const stats = await stat(path).catch(() => undefined);
    found += `${stats?.size} ${stats?.mtimeMs} `;
  }
  return found;
}
