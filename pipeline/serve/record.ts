import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import {
  catchError,
  connect,
  defer,
  EMPTY,
  endWith,
  filter,
  finalize,
  groupBy,
  ignoreElements,
  map,
  merge,
  mergeMap,
  type Observable,
  type OperatorFunction,
  retry,
  takeUntil,
  tap,
  timer,
} from 'rxjs';
import { encode } from '../../operators/encode.js';
import { containerOf } from '../../operators/encode-run.js';
import type { SegmentedFrame } from '../../operators/frame.js';
import { createGate } from '../../operators/gate.js';
import { overlay } from '../../operators/overlay.js';
import { partOf } from '../../operators/part-files.js';
import { prepareEncoding } from '../../operators/prepare-encoding.js';
import { makeOutputFolder } from '../options/make-output-folder.js';
import { nextRecording } from './next-recording.js';

/** How a source is recorded, and who hears of it. */
export interface RecordOptions {
  /** Of the class colours, 0-1. */
  readonly opacity: number;
  /** After so long a connection goes on in another file, ms. */
  readonly fileMs: number;
  /** The files of all recordings of a server: one that was only just begun may not be there to be seen. Is added to. */
  readonly taken: Set<string>;
  /** The first files of other sources. */
  readonly others?: readonly string[];
  /** Hears of each file when it is begun. */
  readonly onBegin?: (path: string) => void;
  /** Hears of each file when it is finished. */
  readonly onFile: (path: string) => void;
  /** Hears when the recording begins to leave frames out, because its disk or its encoder is slower than the camera. */
  readonly onSlow?: (path: string) => void;
  /** Hears why a recording ended early, and of its part, if there is one: a full disk does not end the live picture. */
  readonly onError: (error: unknown, part: string | undefined) => void;
  /** Hears when a file is begun, and when nothing is written any more. */
  readonly onRecording?: (isOn: boolean) => void;
  /** From a recording that ended early to the next of the same connection. @default 60_000 // 1 minute */
  readonly retryMs?: number;
}

/**
 * Records what is shown, classes burnt in, without a gap, in files that each begin at 0: `OUT.mp4`, `OUT-2.mp4`, ... Each connection to the
 * source begins one, because a camera that comes back may have another size, and a long one several, because an encoder remembers something of
 * each frame. No file that is there is written over. What ends early, by a full disk, is begun again in a new file after a
 * while. Gives nothing on; completes when the last file is finished.
 */
export function record(path: string, options: RecordOptions): OperatorFunction<SegmentedFrame, never> {
  const { opacity, fileMs, taken, others, onBegin, onFile, onSlow, onError, onRecording, retryMs = RETRY_MS } = options;
  // A file may still be being finished when the next is begun.
  let open = 0;
  const count = (change: number): void => {
    open += change;
    onRecording?.(open > 0);
  };
  return (source) =>
    source.pipe(
      // An encoder that hangs is not given others beside it without end: one more, and the cut waits.
      splitIntoFiles(() => timer(fileMs, CUT_AGAIN_MS).pipe(filter(() => open < 2))),
      mergeMap((frames) => {
        const fileEnds = frames.pipe(ignoreElements(), endWith(undefined));
        return defer(() => {
          const file = nextRecording(path, taken, others);
          taken.add(file);
          count(1);
          onBegin?.(file);
          return frames.pipe(
            ownGate(() => onSlow?.(file)),
            overlay({ opacity }),
            encode(file, { createdAt: Date.now() }),
            ignoreElements(),
            tap({
              complete: () => onFile(file),
              error(error) {
                const part = partOf(file);
                onError(error, existsSync(part) ? part : undefined);
                // Nothing was written: the next one may have the name.
                if (!existsSync(part)) taken.delete(file);
              },
            }),
            finalize(() => count(-1)),
          );
        }).pipe(
          retry({ delay: () => timer(retryMs).pipe(takeUntil(fileEnds)) }),
          // Of the source itself, in the middle of that wait.
          catchError(() => EMPTY),
        );
      }),
    );
}

/**
 * Says before anything is started what stands against recording to a file; the folder is made.
 *
 * @throws `Failure` `OPTION_INVALID` for an ending that is not written, `OUTPUT_UNWRITABLE`, `ENCODER_UNAVAILABLE`, those of `findFfmpeg`.
 */
export async function checkRecording(path: string, nameOf: (option: string) => string): Promise<void> {
  const container = containerOf(path, nameOf('record'));
  await makeOutputFolder(dirname(path));
  // Which encoder works here is tried once: before the first frames come, which would wait for it.
  await prepareEncoding(path, container, {}, new AbortController().signal);
}

const RETRY_MS = 60_000;
const CUT_AGAIN_MS = 1000;

/** Frames that wait for a recording's disk or encoder before others are left out: enough for the start of the next file's. */
const MOST_WAITING = 16;

/**
 * Has the steps behind it hold a gate of their own instead of the source's, and leaves frames out while that is shut: a disk
 * that hangs must not hold up what is shown.
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
 * One observable for the frames of each file: it completes when the next epoch begins or `isLongEnough` first emits, and the next frame
 * begins another.
 */
function splitIntoFiles(
  isLongEnough: () => Observable<unknown>,
): OperatorFunction<SegmentedFrame, Observable<SegmentedFrame>> {
  return connect((frames) =>
    frames.pipe(
      groupBy(({ epoch }) => epoch, {
        duration: ({ key }) => merge(isLongEnough(), frames.pipe(filter(({ epoch }) => epoch !== key))),
      }),
    ),
  );
}
