import { existsSync } from 'node:fs';
import { dirname, join, parse } from 'node:path';
import {
  catchError,
  defer,
  EMPTY,
  endWith,
  filter,
  finalize,
  ignoreElements,
  map,
  mergeMap,
  Observable,
  type OperatorFunction,
  retry,
  Subject,
  takeUntil,
  tap,
  timer,
} from 'rxjs';
import { encode } from '../../operators/encode.js';
import { containerOf } from '../../operators/encode-run.js';
import type { SegmentedFrame } from '../../operators/frame.js';
import { createGate } from '../../operators/gate.js';
import { checkOutput } from '../../operators/output-failure.js';
import { overlay } from '../../operators/overlay.js';
import { partOf } from '../../operators/part-files.js';
import { makeOutputFolder } from '../options/make-output-folder.js';

/** How a source is recorded, and who hears of it. */
export interface RecordOptions {
  /** Of the class colours, 0-1. */
  readonly opacity: number;
  /** The files of all recordings of a server: one that was only just begun may not be there to be seen. Is added to. */
  readonly taken: Set<string>;
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
 * Records what is shown, classes burnt in. Each connection to the source is a file of its own, because a camera that comes
 * back may have another size and begins its times anew: `OUT.mp4`, `OUT-2.mp4`, ... No file that is there is written over. What
 * ends early, by a full disk, is begun again in a new file after a while. Gives nothing on; completes when the last file is finished.
 */
export function record(path: string, options: RecordOptions): OperatorFunction<SegmentedFrame, never> {
  const { opacity, taken, onFile, onSlow, onError, onRecording, retryMs = RETRY_MS } = options;
  // The last file of a connection may still be finished when the first of the next is begun.
  let open = 0;
  const count = (change: number): void => {
    open += change;
    onRecording?.(open > 0);
  };
  return (source) =>
    source.pipe(
      splitByEpoch(),
      mergeMap((frames) => {
        const connectionEnds = frames.pipe(ignoreElements(), endWith(undefined));
        return defer(() => {
          const file = freePath(path, taken);
          taken.add(file);
          count(1);
          return frames.pipe(
            ownGate(() => onSlow?.(file)),
            overlay({ opacity }),
            encode(file),
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
          retry({ delay: () => timer(retryMs).pipe(takeUntil(connectionEnds)) }),
          // Of the source itself, in the middle of that wait.
          catchError(() => EMPTY),
        );
      }),
    );
}

/**
 * Says before anything is started what stands against recording to a file; the folder is made.
 *
 * @throws `Failure` `OPTION_INVALID` for an ending that is not written, `OUTPUT_UNWRITABLE`.
 */
export async function checkRecording(path: string): Promise<void> {
  containerOf(path);
  await makeOutputFolder(dirname(path));
  await checkOutput(path);
}

/** The file of one of several sources: `drive.mp4` and `front` make `drive-front.mp4`. */
export function recordingPath(path: string, source: string, sources: number): string {
  if (sources === 1) return path;
  const { dir, name, ext } = parse(path);
  return join(dir, `${name}-${source.replaceAll(/[^\p{L}\p{N}._-]+/gu, '-')}${ext}`);
}

/** The first of `OUT.mp4`, `OUT-2.mp4`, ... that is neither there, nor being written, nor taken. */
function freePath(path: string, taken: ReadonlySet<string>): string {
  const { dir, name, ext } = parse(path);
  for (let count = 1; ; count++) {
    const stem = join(dir, count === 1 ? name : `${name}-${count}`);
    const isFree = !taken.has(`${stem}${ext}`) && !existsSync(`${stem}${ext}`) && !existsSync(partOf(`${stem}${ext}`));
    if (isFree) return `${stem}${ext}`;
  }
}

const RETRY_MS = 60_000;

/** Frames that wait for a recording's disk or encoder before others are left out: a moment of it. */
const MOST_WAITING = 8;

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

/** One observable for the frames of each epoch; it completes when the next begins. */
function splitByEpoch(): OperatorFunction<SegmentedFrame, Observable<SegmentedFrame>> {
  return (source) =>
    new Observable((subscriber) => {
      let epoch: number | undefined;
      let frames = new Subject<SegmentedFrame>();
      return source.subscribe({
        next(frame) {
          if (frame.epoch !== epoch) {
            frames.complete();
            frames = new Subject();
            epoch = frame.epoch;
            subscriber.next(frames);
          }
          frames.next(frame);
        },
        error(error) {
          frames.error(error);
          subscriber.error(error);
        },
        complete() {
          frames.complete();
          subscriber.complete();
        },
      });
    });
}
