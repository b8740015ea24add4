import { dirname } from 'node:path';
import {
  catchError,
  connect,
  debounceTime,
  defer,
  EMPTY,
  endWith,
  filter,
  finalize,
  from,
  groupBy,
  ignoreElements,
  map,
  merge,
  mergeMap,
  type Observable,
  type OperatorFunction,
  retry,
  startWith,
  switchMap,
  takeUntil,
  tap,
  timer,
} from 'rxjs';
import { Failure } from '../../model/failure.js';
import { encode } from '../../operators/encode.js';
import { containerOf } from '../../operators/encode-run.js';
import type { SegmentedFrame } from '../../operators/frame.js';
import { createGate } from '../../operators/gate.js';
import { inOrder } from '../../operators/in-order.js';
import { overlay } from '../../operators/overlay.js';
import { isThere, partOf } from '../../operators/part-files.js';
import { prepareEncoding } from '../../operators/prepare-encoding.js';
import { makeOutputFolder } from '../options/make-output-folder.js';
import { askAtOnce } from './ask-disk.js';
import { nextRecording } from './next-recording.js';
import { lookForPart, type WatchRecordingOptions, watchStop } from './watch-recording.js';

/** Settings and callbacks of a recording. */
export interface RecordOptions extends WatchRecordingOptions {
  /** The opacity of the class colours, 0-1. */
  readonly opacity: number;
  /** The longest duration of a file, ms; then the recording continues in another file. */
  readonly fileMs: number;
  /** The files of all recordings of a server, to which new ones are added, since a file that has just been begun may not exist yet. */
  readonly taken: Set<string>;
  /** The first files of other sources. */
  readonly others?: readonly string[];
  /** Called with each file when it is begun. */
  readonly onBegin?: (path: string) => void;
  /** Called with each file when it is finished. */
  readonly onFile: (path: string) => void;
  /** Called when the recording begins to drop frames because its disk or encoder is slower than the camera. */
  readonly onSlow?: (path: string) => void;
  /** Called with the error that ended a recording, such as a full disk, and what became of it. The live stream continues. */
  readonly onError: (error: unknown, remains: Remains) => void;
  /** Called with true when a file is begun, and with false when nothing is being written any more. */
  readonly onRecording?: (isOn: boolean) => void;
  /** Wait after a recording that ended early before the next one of the same connection. @default 60_000 // 1 minute */
  readonly retryMs?: number;
  /** A file ends when there is no frame for this long. @default 60_000 // 1 minute */
  readonly silentMs?: number;
}

/** What is left of a recording that ended early. */
export interface Remains {
  /** Its partial file, if there is one. */
  readonly part?: string;
  /** True if there had been one, and something else removed it. */
  readonly isLost: boolean;
}

/**
 * Records what is shown, with the overlay, without gaps, in files that each begin at time 0: `OUT.mp4`, `OUT-2.mp4`, ... Each
 * connection to the source begins a file, because a camera that reconnects may have another size. A long connection has
 * several, because an encoder's memory grows with every frame. Existing files are never overwritten. A recording that ends
 * early, for a full disk or because its partial file was removed, is resumed in a new file after a while, in a new folder
 * if need be. Emits nothing; completes when the last file is finished.
 */
export function record(path: string, options: RecordOptions): OperatorFunction<SegmentedFrame, never> {
  const { opacity, fileMs, taken, others, onBegin, onFile, onSlow, onError, onRecording } = options;
  const { retryMs = RETRY_MS, silentMs = SILENT_MS, ask = askAtOnce } = options;
  // The number of open files: one may still be finishing when the next is begun.
  let open = 0;
  const count = (change: number): void => {
    open += change;
    onRecording?.(open > 0);
  };

  /** Writes one file; errors if it ends early, once that is told. */
  const write = (
    file: string,
    frames: Observable<SegmentedFrame>,
    fileEnds: Observable<unknown>,
    createdAt: number,
  ): Observable<never> => {
    const part = partOf(file);
    onBegin?.(file);
    let wasThere = false;
    let hasFrames = false;
    const looks = lookForPart(part, options, () => (wasThere = true));
    const giveUp = new AbortController();
    const patience = watchStop(file, options).subscribe(() => giveUp.abort());
    const written = frames.pipe(
      tap(() => (hasFrames = true)),
      overlay({ opacity }),
      encode(file, { createdAt, giveUp: giveUp.signal }),
    );
    const tellError = async (error: unknown): Promise<never> => {
      const isLeft = await ask(() => isThere(part));
      // Of other errors it was removed by `encode`, as there was nothing in it to see.
      const isLost = wasThere && !isLeft && error instanceof Failure && error.code === 'OUTPUT_UNWRITABLE';
      onError(error, { ...(isLeft && { part }), isLost });
      // Nothing was written, so the next file may use the name.
      if (!isLeft && !isLost) taken.delete(file);
      throw error;
    };
    // Not until the file is finished, when the part is renamed.
    return merge(written, looks.pipe(takeUntil(fileEnds))).pipe(
      ignoreElements(),
      // The source may have been over before the first one.
      tap({ complete: () => (hasFrames ? onFile(file) : taken.delete(file)) }),
      catchError(tellError),
      finalize(() => patience.unsubscribe()),
    );
  };

  return (source) =>
    source.pipe(
      // If an encoder hangs, only one more is started; then cutting waits.
      splitIntoFiles(() => timer(fileMs, CUT_AGAIN_MS).pipe(filter(() => open < 2)), silentMs),
      mergeMap((frames) => {
        const fileEnds = frames.pipe(ignoreElements(), endWith(undefined));
        return defer(() => {
          count(1);
          const createdAt = Date.now();
          let file = path;
          const named = ask(async () => {
            // It may have been removed. If it cannot be made, the recording says so itself.
            await makeOutputFolder(dirname(path)).catch(() => {});
            file = await nextRecording(path, taken, others);
          });
          return frames.pipe(
            ownGate(() => onSlow?.(file)),
            // They wait, and hold their gate, until the disk has said which names are free.
            inOrder(() => ({ take: (frame: SegmentedFrame) => named.then(() => frame) })),
            connect((waiting) => from(named).pipe(switchMap(() => write(file, waiting, fileEnds, createdAt)))),
            finalize(() => count(-1)),
          );
        }).pipe(
          retry({
            delay: () => timer(retryMs).pipe(takeUntil(fileEnds)),
          }),
          // Ignores an error of the source itself during that wait.
          catchError(() => EMPTY),
        );
      }),
    );
}

/**
 * Checks, before anything is started, that recording to a file will work, and creates the folder.
 *
 * @throws `Failure` `OPTION_INVALID` for an unsupported extension, `OUTPUT_UNWRITABLE`, `ENCODER_UNAVAILABLE`, and as
 * `findFfmpeg`.
 */
export async function checkRecording(path: string, nameOf: (option: string) => string): Promise<void> {
  const container = containerOf(path, nameOf('record'));
  await makeOutputFolder(dirname(path));
  // Finding a working encoder takes a while, so it is done before the first frames, which would wait for it.
  await prepareEncoding(path, container, {}, new AbortController().signal);
}

const RETRY_MS = 60_000;
/** Longer than any source is silent that is not away: HLS comes in pieces of some seconds. */
const SILENT_MS = 60_000;
const CUT_AGAIN_MS = 1000;

/** The most frames that wait for a recording's disk or encoder before frames are dropped; enough to cover the start of the next file's encoder. */
const MOST_WAITING = 16;

/**
 * Gives the following steps a separate gate in place of the source's, and drops frames while it is closed: a disk that hangs
 * must not delay what is shown.
 */
function ownGate(onFirstLeftOut: () => void): OperatorFunction<SegmentedFrame, SegmentedFrame> {
  return (source) => {
    const gate = createGate(MOST_WAITING);
    let hasLeftOut = false;
    return source.pipe(
      filter(() => {
        if (!gate.open && !hasLeftOut) onFirstLeftOut();
        hasLeftOut ||= !gate.open;
        return gate.open;
      }),
      map((frame) => ({ ...frame, gate })),
    );
  };
}

/**
 * Emits one observable for the frames of each file. It completes when the next epoch begins, when there is no frame for
 * `silentMs` (a camera that is away; its last seconds should not wait for it to come back), or when `isLongEnough` first emits,
 * and the next frame begins another.
 */
function splitIntoFiles(
  isLongEnough: () => Observable<unknown>,
  silentMs: number,
): OperatorFunction<SegmentedFrame, Observable<SegmentedFrame>> {
  return connect((frames) =>
    frames.pipe(
      groupBy(({ epoch }) => epoch, {
        duration: ({ key }) =>
          merge(
            isLongEnough(),
            frames.pipe(startWith(undefined), debounceTime(silentMs)),
            frames.pipe(filter(({ epoch }) => epoch !== key)),
          ),
      }),
    ),
  );
}
