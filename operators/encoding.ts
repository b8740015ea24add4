import { rm, stat } from 'node:fs/promises';
import { Failure, outputFailure } from '../model/failure.js';
import { endAbandoned } from './abandoned.js';
import { checkPicture } from './check.js';
import type { EncodeOptions } from './encode.js';
import { type Container, type EncodeCommand, encodeRun, needsGuard } from './encode-run.js';
import { endedWell, type FfmpegEnd, type FfmpegProcess, startFfmpeg } from './ffmpeg.js';
import type { ColourTags, SampleFormat } from './frame.js';
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
   * Resolves when ffmpeg has taken the picture. Pictures are of one size; calls may overlap, and keep their order.
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
  /** Ends everything at once; what was neither finished nor has failed by itself leaves no file behind. */
  abandon(): void;
}

interface Running extends Prepared {
  readonly ffmpeg: FfmpegProcess;
  readonly nut: NutWriter;
  readonly command: EncodeCommand;
  readonly first: Encodable;
}

/**
 * A container's clock may begin anywhere; what begins later than this is moved to begin at 0, seconds, and so is what begins before 0
 * by more than an encoder's delay of sound: players would not show it (MPEG-TS whose clock of 26 hours wraps).
 */
const longestLeadSeconds = 2;
const longestDelaySeconds = 0.1;

/** How long an encoder whose pictures have ended may go on copying sound that will be cut off, ms: its last pictures take less. */
const soundGraceMs = 10_000;

/** Begins a file: looks whether it can be written and with what, and starts ffmpeg at the first picture. */
export function startEncoding(output: string, container: Container, options: EncodeOptions): Encoding {
  const [part, remuxed] = [partOf(output), wholeOf(output)];
  let running: Promise<Running> | undefined;
  let current: FfmpegProcess | undefined;
  let state: 'open' | 'finished' | 'failed' | 'abandoned' = 'open';
  let written = 0;
  let lastPtsUs = Number.NEGATIVE_INFINITY;
  let lastPicture: Uint8Array | undefined;
  let jumpUs = 0;
  let hasSound = false;

  const abandoned = new AbortController();
  const prepared = prepareEncoding(output, container, options, abandoned.signal);
  // Looked at with the first picture; until then an error waits.
  prepared.catch(() => {});

  async function run(...args: Parameters<typeof startFfmpeg>): Promise<FfmpegProcess> {
    const ffmpeg = await startFfmpeg(...args);
    current = ffmpeg;
    if (state === 'abandoned') ffmpeg.abandon();
    return ffmpeg;
  }

  async function start(first: Encodable, ptsUs: number): Promise<Running> {
    const ready = await prepared;
    const { tool, original } = ready;
    hasSound = original?.info.hasAudio ?? false;
    // Without an original (a camera, standard input) the first picture is the beginning.
    const startSeconds = original?.info.startSeconds ?? ptsUs / 1e6 - (options.startSeconds ?? 0);
    const isMoved = startSeconds > longestLeadSeconds || startSeconds < -longestDelaySeconds;
    const lead = isMoved ? startSeconds : 0;
    if (isMoved) {
      const text = `The clock of ${original?.path ?? 'the source'} begins at ${lead.toFixed(3)} s: times in ${output} begin at 0 instead.`;
      options.onWarning?.(text, 'TIMES_SHIFTED');
    }
    // ffmpeg counts a cut from the container's beginning, which may lie before 0 by an encoder's delay of sound: the first picture is
    // not to come before the file's.
    const cut = options.startSeconds === undefined ? 0 : Math.min(options.startSeconds, ptsUs / 1e6 - lead);
    const command: EncodeCommand = {
      ...ready,
      part,
      container,
      crf: options.crf ?? 20,
      preset: options.preset ?? 'veryfast',
      picture: first,
      shiftSeconds: lead + cut,
      ...(options.startSeconds !== undefined && { startSeconds: options.startSeconds }),
      ...(options.durationSeconds !== undefined && { durationSeconds: options.durationSeconds }),
      ...(options.threads !== undefined && { threads: options.threads }),
      ...(options.createdAt !== undefined && { createdAt: options.createdAt }),
    };
    const frameRate = rationalRate(original?.info.frameRate ?? ASSUMED_FRAME_RATE);
    const nut = createNutWriter({ ...first, frameRate });
    const ffmpeg = await run(tool, encodeRun(tool, command));
    // What goes wrong with it is told by how the process ends.
    ffmpeg.stdin.on('error', () => {});
    ffmpeg.stdin.write(nut.head);
    return { ...ready, ffmpeg, nut, command, first };
  }

  /** Times only grow in a file: a clock that was set back (a camera connected again) goes on from the last frame. */
  function nextPtsUs(ptsUs: number): number {
    if (ptsUs + jumpUs <= lastPtsUs) {
      const isGlitch = lastPtsUs - (ptsUs + jumpUs) < 500_000;
      if (isGlitch) return lastPtsUs + 1000;
      jumpUs = lastPtsUs + 40_000 - ptsUs;
    }
    return ptsUs + jumpUs;
  }

  // One picture after the other: Node hands all that waits to the system in one piece, and would say that it was taken
  // only when ffmpeg has taken all of it. Then the encoder would have nothing to do until the next ones come.
  let lastWrite: Promise<void> = Promise.resolve();

  function write(picture: Encodable, ptsUs: number): Promise<void> {
    lastWrite = lastWrite.then(() => writeNow(picture, ptsUs));
    return lastWrite;
  }

  async function writeNow(picture: Encodable, ptsUs: number): Promise<void> {
    running ??= start(picture, ptsUs);
    const { ffmpeg, nut, first, tool } = await running;
    if (picture.width !== first.width || picture.height !== first.height) {
      const sizes = `${first.width} x ${first.height} to ${picture.width} x ${picture.height}`;
      throw await fail(new Failure('SIZE_CHANGED', `The pictures for ${output} changed from ${sizes}.`));
    }
    try {
      checkPicture(picture.format, picture);
    } catch (error) {
      throw await fail(error as Failure);
    }
    const isTime = ptsUs >= -nutOffsetUs && ptsUs < nutOffsetUs * 1e6;
    if (!isTime) {
      throw await fail(new Failure('FRAME_INVALID', `Expected the ptsUs of a frame to be microseconds, got ${ptsUs}.`));
    }
    lastPtsUs = nextPtsUs(ptsUs);
    ffmpeg.stdin.write(nut.frameHead(lastPtsUs + nutOffsetUs, picture.data.length));
    const error = await new Promise((resolve) => ffmpeg.stdin.write(picture.data, resolve));
    if (error) throw await fail(explainEnd(output, await ffmpeg.ended, written));
    written += 1;
    // A copy: once it is given on, a picture's memory is used again.
    if (needsGuard(tool, container)) lastPicture = picture.data.slice();
  }

  /** Keeps the part if there is something in it to see, and says where it is. */
  async function fail(failure: Failure): Promise<Failure> {
    if (state !== 'open') return failure;
    state = 'failed';
    if (current) await endOf(current, true);
    const { size } = await stat(part).catch(() => ({ size: 0 }));
    if (written > 0 && size > 4096) return withPart(failure, part);
    await rm(part, { force: true });
    return failure;
  }

  /** Ends the pictures. Those that stop early may have sound that goes on: hours of it, on a slow disk. */
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
      const guardPtsUs = lastPtsUs + Math.round(frameSeconds * 1e6);
      ffmpeg.stdin.write(nut.frameHead(guardPtsUs + nutOffsetUs, lastPicture!.length));
      ffmpeg.stdin.write(lastPicture!);
    }
    const isCut = options.signal?.aborted === true && hasSound;
    const end = await endOf(ffmpeg, isCut || failed);
    const wasTold = (isCut || failed) && end.code === 255;
    if (!endedWell(end) && !wasTold) throw await fail(explainEnd(output, end, written));
    if (failed) {
      state = 'failed';
      return;
    }
    const lastSeconds = lastPtsUs / 1e6 - command.shiftSeconds;
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
      } else await giveName(part, output);
    } catch (error) {
      // The part is whole, and stays, whatever became of its name.
      if (state === 'open') state = 'failed';
      await rm(remuxed, { force: true }).catch(() => {});
      throw withPart(error instanceof Failure ? error : outputFailure('the output', output, error), part);
    }
    if (state === 'open') state = 'finished';
  }

  function abandon(): void {
    abandoned.abort();
    const wasOpen = state === 'open';
    if (wasOpen) state = 'abandoned';
    const ffmpeg = current;
    ffmpeg?.abandon();
    if (!wasOpen) return;
    endAbandoned(removeAfter(ffmpeg?.ended));
  }

  async function removeAfter(ended: Promise<FfmpegEnd> | undefined): Promise<void> {
    await running?.catch(() => {});
    await (ended ?? current?.ended);
    // Where even the folder is none, there is nothing to remove.
    await Promise.allSettled([part, remuxed].map((path) => rm(path, { force: true })));
  }

  return { write, finish, abandon };
}

/** 29.97 and the like are 30000 / 1001 and the like. */
function rationalRate(rate: number): [number, number] {
  const nearest = Math.round(rate * 1.001);
  return Math.abs((nearest * 1000) / 1001 - rate) < 0.01 && !Number.isInteger(rate)
    ? [nearest * 1000, 1001]
    : [Math.round(rate * 1000), 1000];
}
