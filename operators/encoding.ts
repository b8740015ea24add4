import { rm } from 'node:fs/promises';
import { Failure, outputFailure } from '../model/failure.js';
import { endAbandoned } from './abandoned.js';
import { checkPicture } from './check-picture.js';
import { claimPart } from './claim-part.js';
import type { EncodeOptions } from './encode.js';
import { makeEncodeCommand } from './encode-command.js';
import { type Container, type EncodeCommand, encodeRun, needsGuard } from './encode-run.js';
import { endedWell, type FfmpegEnd, type FfmpegProcess, startFfmpeg } from './ffmpeg.js';
import type { ColourTags, SampleFormat } from './frame.js';
import { createGrowingTimes } from './growing-times.js';
import { nutOffsetUs } from './nut-format.js';
import { createNutWriter, type NutWriter } from './nut-writer.js';
import { explainEnd, withPart } from './output-failure.js';
import { partOf, wholeOf } from './part-files.js';
import { type Prepared, prepareEncoding } from './prepare-encoding.js';
import { probe } from './probe.js';
import { giveName, remuxPart } from './remux-part.js';
import { ASSUMED_FRAME_RATE } from './source-info.js';

/** A picture as it goes into a file. */
export interface Encodable {
  readonly format: SampleFormat;
  readonly width: number;
  readonly height: number;
  readonly pixelAspect: readonly [number, number];
  readonly colour: ColourTags;
  readonly data: Uint8Array;
}

/** A file that is being written. */
export interface Encoding {
  /**
   * Resolves when ffmpeg has taken the picture. Pictures must be of one size; calls may overlap, and keep their order.
   *
   * @throws `Failure` `OUTPUT_UNWRITABLE`, `OUTPUT_DISK_FULL`, `FFMPEG_DIED`, `ENCODER_UNAVAILABLE`, `SIZE_CHANGED`, `FRAME_INVALID`, and
   * those of `probe` for the original.
   */
  write(picture: Encodable, ptsUs: number): Promise<void>;
  /**
   * Ends the part file; unless `failed`, makes the final file of it. Does nothing if nothing was written.
   *
   * @throws as `write`; the part is kept.
   */
  finish(failed: boolean): Promise<void>;
  /** Ends everything at once, and removes the part unless the file is finished or its writing has failed. */
  abandon(): void;
}

interface Running extends Prepared {
  readonly ffmpeg: FfmpegProcess;
  readonly nut: NutWriter;
  readonly command: EncodeCommand;
  readonly first: Encodable;
}

/**
 * How long an encoder may continue to copy sound that will be cut off after its pictures have ended, ms: its last
 * pictures take less.
 */
const soundGraceMs = 10_000;

/** Begins a file: checks whether it can be written and with which encoder, and starts ffmpeg at the first picture. */
export function startEncoding(output: string, container: Container, options: EncodeOptions): Encoding {
  const [part, remuxed] = [partOf(output), wholeOf(output)];
  const times = createGrowingTimes();
  let giveBack = () => {};
  let running: Promise<Running> | undefined;
  let current: FfmpegProcess | undefined;
  let state: 'open' | 'finished' | 'failed' | 'abandoned' = 'open';
  let written = 0;
  let lastPicture: Uint8Array | undefined;
  let hasSound = false;

  const abandoned = new AbortController();
  const prepared = prepareEncoding(output, container, options, abandoned.signal);
  // An error is reported with the first picture.
  prepared.catch(() => {});

  const giveUp = () => current?.kill('SIGKILL');
  options.giveUp?.addEventListener('abort', giveUp, { once: true });

  async function run(...args: Parameters<typeof startFfmpeg>): Promise<FfmpegProcess> {
    const ffmpeg = await startFfmpeg(...args);
    current = ffmpeg;
    if (state === 'abandoned') ffmpeg.abandon();
    if (options.giveUp?.aborted) giveUp();
    return ffmpeg;
  }

  async function start(first: Encodable, ptsUs: number): Promise<Running> {
    const ready = await prepared;
    abandoned.signal.throwIfAborted();
    giveBack = await claimPart(part, output);
    const { tool, original } = ready;
    hasSound = original?.info.hasAudio ?? false;
    const command = makeEncodeCommand(ready, { output, part, container, picture: first, ptsUs }, options);
    const frameRate = rationalRate(original?.info.frameRate ?? ASSUMED_FRAME_RATE);
    const nut = createNutWriter({ ...first, frameRate });
    const ffmpeg = await run(tool, encodeRun(tool, command));
    // How the process ends tells what went wrong with its input.
    ffmpeg.stdin.on('error', () => {});
    ffmpeg.stdin.write(nut.head);
    return { ...ready, ffmpeg, nut, command, first };
  }

  // One step after the other: Node hands all waiting pictures to the system in one piece, and would report them as written only
  // when ffmpeg has taken all of them. The encoder would then have nothing to do until the next ones arrive.
  let last: Promise<void> = Promise.resolve();

  function inTurn(step: () => Promise<void>): Promise<void> {
    last = last.then(step);
    return last;
  }

  async function write(picture: Encodable, ptsUs: number): Promise<void> {
    running ??= start(picture, ptsUs);
    const { ffmpeg, nut, first, tool } = await running;
    if (picture.width !== first.width || picture.height !== first.height) {
      const sizes = `${first.width} x ${first.height} to ${picture.width} x ${picture.height}`;
      throw await fail(new Failure('SIZE_CHANGED', `The pictures for ${output} changed from ${sizes}`));
    }
    try {
      checkPicture(picture.format, picture);
    } catch (error) {
      throw await fail(error as Failure);
    }
    const isTime = ptsUs >= -nutOffsetUs && ptsUs < nutOffsetUs * 1e6;
    if (!isTime) {
      throw await fail(new Failure('FRAME_INVALID', `Expected the ptsUs of a frame to be microseconds, got ${ptsUs}`));
    }
    ffmpeg.stdin.write(nut.frameHead(times.next(ptsUs) + nutOffsetUs, picture.data.length));
    const error = await new Promise((resolve) => ffmpeg.stdin.write(picture.data, resolve));
    if (error) throw await fail(explain(await ffmpeg.ended));
    written += 1;
    // A copy: the memory of a picture is reused once its frame has left the route.
    if (needsGuard(tool, container)) lastPicture = picture.data.slice();
  }

  function explain(end: FfmpegEnd): Failure {
    if (!options.giveUp?.aborted) return explainEnd(output, end, written);
    return new Failure('FFMPEG_DIED', `ffmpeg hung while writing ${output}, and was killed after ${written} frames`);
  }

  /** Keeps the part if there is something in it to see, and says in the failure where it is. */
  async function fail(failure: Failure): Promise<Failure> {
    if (state !== 'open') return failure;
    state = 'failed';
    if (current) await endOf(current, true);
    if (written > 0 && (await isVideo(part))) return withPart(failure, part);
    await rm(part, { force: true });
    return failure;
  }

  /** Ends the pictures. If they end early, the sound may go on: for hours, on a slow disk. */
  async function endOf(ffmpeg: FfmpegProcess, isEarly: boolean): Promise<FfmpegEnd> {
    ffmpeg.stdin.end();
    const timer = isEarly && hasSound ? setTimeout(() => ffmpeg.kill('SIGTERM'), soundGraceMs) : undefined;
    const end = await ffmpeg.ended;
    clearTimeout(timer);
    return end;
  }

  async function finish(failed: boolean): Promise<void> {
    if (!running) return;
    const { ffmpeg, nut, tool, command } = await running;
    const frameSeconds = 1 / (command.original?.info.frameRate ?? ASSUMED_FRAME_RATE);
    const isGuarded = !failed && lastPicture !== undefined && needsGuard(tool, container);
    if (isGuarded) {
      const guardPtsUs = times.lastUs + Math.round(frameSeconds * 1e6);
      ffmpeg.stdin.write(nut.frameHead(guardPtsUs + nutOffsetUs, lastPicture!.length));
      ffmpeg.stdin.write(lastPicture!);
    }
    const isCut = hasSound && (options.soundEnds === 'picture' || options.signal?.aborted === true);
    const end = await endOf(ffmpeg, isCut || failed);
    const wasTold = (isCut || failed) && end.code === 255;
    if (!endedWell(end) && !wasTold) throw await fail(explain(end));
    if (failed) {
      state = 'failed';
      return;
    }
    const lastSeconds = times.lastUs / 1e6 - command.shiftSeconds;
    try {
      const remuxEnd = {
        ...(isCut && { untilSeconds: lastSeconds + frameSeconds }),
        ...(isGuarded && { pictureSeconds: lastSeconds + frameSeconds / 2 - (await probe(part)).startSeconds }),
      };
      if (isCut || container.isMp4) {
        await remuxPart(
          { tool, command, remuxed, output, end: remuxEnd, shownSeconds: lastSeconds - frameSeconds / 2 },
          { run, isAbandoned: () => state === 'abandoned', onWarning: options.onWarning },
        );
      } else if (!abandoned.signal.aborted) await giveName(part, output);
    } catch (error) {
      // The part is complete, and stays even if it cannot be given its name.
      if (state === 'open') state = 'failed';
      await rm(remuxed, { force: true }).catch(() => {});
      throw await withPart(error instanceof Failure ? error : outputFailure('the output', output, error), part);
    }
    if (state === 'open') state = 'finished';
  }

  function abandon(): void {
    options.giveUp?.removeEventListener('abort', giveUp);
    abandoned.abort();
    const wasOpen = state === 'open';
    if (wasOpen) state = 'abandoned';
    current?.abandon();
    endAbandoned((wasOpen ? remove() : last.catch(() => {})).finally(() => giveBack()));
  }

  /** Removes what was written, once nothing works on it any more; a part that ffmpeg was not started for is not ours. */
  async function remove(): Promise<void> {
    await last.catch(() => {});
    if (current === undefined) return;
    await current.ended;
    // If even the folder is missing, there is nothing to remove.
    await Promise.allSettled([part, remuxed].map((path) => rm(path, { force: true })));
  }

  return {
    write: (picture, ptsUs) => inTurn(() => write(picture, ptsUs)),
    finish: (failed) => inTurn(() => finish(failed)),
    abandon,
  };
}

/** True if there is something in a part to see; before its first fragment there is not, whatever its size. */
function isVideo(part: string): Promise<boolean> {
  return probe(part).then(
    () => true,
    () => false,
  );
}

/** A frame rate as a fraction: 29.97 and its like are 30000 / 1001 and its like. */
function rationalRate(rate: number): [number, number] {
  const nearest = Math.round(rate * 1.001);
  return Math.abs((nearest * 1000) / 1001 - rate) < 0.01 && !Number.isInteger(rate)
    ? [nearest * 1000, 1001]
    : [Math.round(rate * 1000), 1000];
}
