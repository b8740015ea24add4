import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import type { MonoTypeOperatorFunction } from 'rxjs';
import { optionInvalid } from '../model/check-option.js';
import { outputFailure } from '../model/failure.js';
import { endAbandoned } from './abandoned.js';
import type { SegmentedFrame } from './frame.js';
import { inOrder } from './in-order.js';
import { checkOutput, createSourceCheck, withPart } from './output-failure.js';
import { partOf } from './part-files.js';

/** One line of the file that {@link writeRecords} writes. */
export interface FrameRecord {
  readonly source: string;
  readonly epoch: number;
  readonly index: number;
  /** Presentation time, microseconds. */
  readonly ptsUs: number;
  /** The same in seconds. */
  readonly pts: number;
  /** True if the mask is an earlier frame's. */
  readonly carried: boolean;
  /** Share of the picture by class name, 0 to 1. */
  readonly shares: Readonly<Record<string, number>>;
  /** Milliseconds by step. */
  readonly stepTimes: Readonly<Record<string, number>>;
}

/**
 * Writes one JSON object per frame, a line each, in the order of the frames, and passes each frame on once its line is
 * written. The times of later steps are missing: put it last. The file is called `NAME.part.jsonl` until it is
 * complete; after an error the part is kept if there is a line in it; unsubscribing removes it. Without a frame no file
 * is written.
 *
 * Errors: `Failure` with `OUTPUT_UNWRITABLE`, `OUTPUT_DISK_FULL`, `OUTPUT_IS_INPUT`. @throws `Failure` `OPTION_INVALID`
 * without a name.
 */
export function writeRecords<T extends SegmentedFrame>(path: string): MonoTypeOperatorFunction<T> {
  if (typeof path !== 'string' || path === '') throw optionInvalid('path', 'the name of a file', path);
  const part = partOf(path);
  return inOrder(() => {
    let isOver = false;
    let isAbandoned = false;
    const opened = checkOutput(path).then(() =>
      open(part, 'w').catch((error: unknown) => {
        throw outputFailure('the output', path, error);
      }),
    );
    opened.catch(() => {});
    const checkSource = createSourceCheck(path);
    // One write after the other: appends that overlap could change places.
    let last: Promise<unknown> = opened;

    async function append(file: FileHandle, line: string): Promise<void> {
      if (isAbandoned) return;
      try {
        await file.appendFile(line);
      } catch (error) {
        isOver = true;
        const failure = outputFailure('the output', path, error);
        const { size } = await file.stat().catch(() => ({ size: 0 }));
        await file.close().catch(() => {});
        if (size === 0) await rm(part, { force: true }).catch(() => {});
        throw size === 0 ? failure : await withPart(failure, part);
      }
    }

    async function finish(file: FileHandle, failed: boolean): Promise<void> {
      try {
        const { size } = await file.stat();
        await file.close();
        if (isAbandoned) return;
        // Without a frame there is nothing to replace an earlier file with.
        if (size === 0) await rm(part, { force: true });
        else if (!failed) await rename(part, path);
      } catch (error) {
        throw outputFailure('the output', path, error);
      } finally {
        isOver = true;
      }
    }

    /** Removes the part once nothing writes to it any more; a file that could not be opened is not ours to remove. */
    async function remove(): Promise<void> {
      await last.catch(() => {});
      const file = await opened;
      await file.close().catch(() => {});
      await rm(part, { force: true });
    }

    return {
      async take(frame) {
        const line = `${JSON.stringify(recordOf(frame))}\n`;
        const writing = last.then(async () => {
          await checkSource(frame);
          await append(await opened, line);
        });
        last = writing;
        await writing;
        return frame;
      },
      finish(failed) {
        const finishing = last.then(async () => finish(await opened, failed));
        last = finishing;
        return finishing;
      },
      dispose() {
        if (isOver) return;
        isAbandoned = true;
        endAbandoned(remove());
      },
    };
  });
}

function recordOf(frame: SegmentedFrame): FrameRecord {
  const { source, epoch, index, ptsUs, carried, shares, classes, stepTimes } = frame;
  const round = (value: number, digits: number) => Number(value.toFixed(digits));
  return {
    source,
    epoch,
    index,
    ptsUs,
    pts: ptsUs / 1e6,
    carried,
    shares: Object.fromEntries(classes.map(({ name }, at) => [name, round(shares[at] ?? 0, 5)])),
    stepTimes: Object.fromEntries(Object.entries(stepTimes).map(([step, ms]) => [step, round(ms, 3)])),
  };
}
