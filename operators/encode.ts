import { extname } from 'node:path';
import type { OperatorFunction } from 'rxjs';
import { checkChoice, checkNumber, MOST_THREADS } from '../model/check-option.js';
import { Failure } from '../model/failure.js';
import { checkSpan } from './check-span.js';
import { checkEncoder, X264_PRESETS } from './choose-encoder.js';
import { containerOf } from './encode-run.js';
import { type Encodable, startEncoding } from './encoding.js';
import type { Frame, OverlaidFrame } from './frame.js';
import { inOrder } from './in-order.js';
import { createSourceCheck } from './output-failure.js';

/** The end of the year 9999: later years have another notation. */
const LAST_TIME_MS = 253_402_300_799_999;

/** Options of {@link encode}. */
export interface EncodeOptions {
  /** The file from which sound, metadata and chapters are copied: the one that was decoded. */
  readonly copyFrom?: string | undefined;
  /** The same as for `decode`: the video track whose metadata are copied. @default 1 */
  readonly track?: number | undefined;
  /**
   * The content of the file: `overlay`, what `overlay()` drew; `picture`, the source's; `mask`, class indices as grey
   * values at the network's size, lossless (.mkv). Without it, `overlay` if there is one, else `picture`.
   */
  readonly content?: 'overlay' | 'picture' | 'mask' | undefined;
  /** `auto`, `hardware` or an encoder's name, see `chooseEncoder`; in .webm VP9 alone. @default 'auto' // libx264 if available */
  readonly encoder?: string | undefined;
  /** Constant rate factor, 0 (lossless) to 51. @default 20 */
  readonly crf?: number | undefined;
  /** x264's preset. @default 'veryfast' */
  readonly preset?: (typeof X264_PRESETS)[number] | undefined;
  /** Encoder threads. If not provided, ffmpeg decides. */
  readonly threads?: number | undefined;
  /** The same as for `decode`: sound is cut alike, and the file begins at 0. */
  readonly startSeconds?: number | undefined;
  /** The same as for `decode`. */
  readonly durationSeconds?: number | undefined;
  /** The same as for `decode`: after an abort the sound ends with the last picture. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Where the sound ends: at its `own` end, as that of a damaged video should, or with the last `picture`, for a route
   * that takes only the first frames (`take`).
   *
   * @default 'own'
   */
  readonly soundEnds?: 'own' | 'picture' | undefined;
  /**
   * On abort an ffmpeg that still writes is killed: what it has written is the part, or the file if only its rewriting
   * for fast start was under way. If not provided, it is waited for, even if it hangs.
   */
  readonly giveUp?: AbortSignal | undefined;
  /**
   * When the first frame was taken, ms since 1970, for the file's metadata (`creation_time`). If not provided, it is
   * copied from `copyFrom`.
   */
  readonly createdAt?: number | undefined;
  /**
   * Called with a sentence and its code: `ENCODER_REPLACED`, `AUDIO_CONVERTED`, `TIMES_SHIFTED`, `OUTPUT_FRAGMENTED`,
   * `STREAMS_LEFT_OUT`, `INTERLACED`.
   */
  readonly onWarning?: ((text: string, code: string) => void) | undefined;
}

/**
 * Writes frames to a video file (.mp4, .m4v, .mov, .mkv, .webm) with their own times, and passes each on once ffmpeg
 * has taken it. Adds the step time `encode` (`maskVideo` for masks), ms until then. A file's times grow: a frame whose
 * time steps back a little (of a second source, say) is shown 1 ms after the last one, and after a larger step (a
 * second clip) the file goes on from 40 ms after it.
 *
 * While it is being written the file is called `NAME.part.mp4`, and plays up to its last second however it ends. It
 * gets its name when it is complete, before the stream completes. If the source fails, the part is ended properly and
 * kept, and then the error is passed on; if writing fails, the part is kept if there is anything in it to see.
 * Unsubscribing kills ffmpeg and removes the part.
 *
 * A file of that name is replaced, unless it is the one that the frames or the sound come from.
 *
 * Errors: `Failure` with `OUTPUT_UNWRITABLE`, `OUTPUT_IS_INPUT`, `OUTPUT_DISK_FULL`, `FFMPEG_DIED`,
 * `ENCODER_UNAVAILABLE`, `SIZE_CHANGED`, `FRAME_INVALID` for an invalid time or picture, or a frame
 * without the `content`. @throws `Failure` `OPTION_INVALID`, also for an extension that cannot be written.
 */
export function encode<T extends Frame>(output: string, options: EncodeOptions = {}): OperatorFunction<T, T> {
  const container = containerOf(output);
  const { content, crf = 20, threads = 1, track = 1 } = options;
  checkNumber('crf', crf, { min: 0, max: 51 });
  if (content === 'mask' && extname(output).toLowerCase() !== '.mkv') {
    throw new Failure('OPTION_INVALID', `Expected the output of masks to end in .mkv, got ${output}`);
  }
  if (options.encoder === 'ffv1' && extname(output).toLowerCase() !== '.mkv') {
    throw new Failure('OPTION_INVALID', `Expected the output of the encoder ffv1 to end in .mkv, got ${output}`);
  }
  if (container.format === 'webm' && !['auto', 'libvpx-vp9'].includes(options.encoder ?? 'auto')) {
    throw new Failure(
      'OPTION_INVALID',
      `Expected the encoder of ${output} to be auto or libvpx-vp9, got ${options.encoder}`,
    );
  }
  checkSpan(options);
  if (options.encoder !== undefined) checkEncoder(options.encoder, 'encoder');
  if (content !== undefined) checkChoice('content', content, ['overlay', 'picture', 'mask']);
  if (options.soundEnds !== undefined) checkChoice('soundEnds', options.soundEnds, ['own', 'picture']);
  if (options.preset !== undefined) checkChoice('preset', options.preset, X264_PRESETS);
  if (options.createdAt !== undefined) checkNumber('createdAt', options.createdAt, { min: 0, max: LAST_TIME_MS });
  checkNumber('track', track, { min: 1, integer: true });
  checkNumber('threads', threads, { min: 1, max: MOST_THREADS, integer: true });
  const step = content === 'mask' ? 'maskVideo' : 'encode';
  return inOrder(() => {
    const encoding = startEncoding(output, container, options);
    const checkSource = createSourceCheck(output);
    return {
      async take(frame) {
        const takenAt = performance.now();
        await checkSource(frame);
        await encoding.write(encodable(frame, content), frame.ptsUs);
        return { ...frame, stepTimes: { ...frame.stepTimes, [step]: performance.now() - takenAt } };
      },
      finish: (failed) => encoding.finish(failed),
      dispose: () => encoding.abandon(),
    };
  });
}

/** The pixels of a frame that are encoded. @throws `Failure` `FRAME_INVALID` for a frame that lacks them. */
function encodable(frame: Frame & Partial<OverlaidFrame>, content: EncodeOptions['content']): Encodable {
  if (content === 'mask') {
    if (frame.mask === undefined) throw lacking('mask', 'segment');
    return { ...frame.mask, format: 'gray', pixelAspect: maskAspect(frame), colour: {} };
  }
  if (content === 'overlay' && frame.overlay === undefined) throw lacking('overlay', 'overlay');
  const picture = content === 'picture' ? frame.picture : (frame.overlay ?? frame.picture);
  return { ...picture, format: 'yuv420p' };
}

function lacking(what: string, operator: string): Failure {
  return new Failure(
    'FRAME_INVALID',
    `Expected frames with ${what}s, got one without: put ${operator}() before encode()`,
  );
}

/** Returns the pixel aspect with which a mask, which covers the whole picture, is as wide as the picture. */
function maskAspect({ picture, input }: Frame): [number, number] {
  const [num, den] = picture.pixelAspect;
  return [num * picture.width * input.height, den * picture.height * input.width];
}
