import { Observable } from 'rxjs';
import { checkChoice, checkNumber, MOST_THREADS, optionInvalid } from '../model/check-option.js';
import { Failure } from '../model/failure.js';
import { checkInput } from './check-input.js';
import { checkSpan } from './check-span.js';
import { type Decoding, type Late, startDecoding } from './decoding.js';
import { type FfmpegTool, findFfmpeg } from './find-ffmpeg.js';
import type { Frame } from './frame.js';
import { redact } from './redact.js';
import type { SourceInfo } from './source-info.js';

/** The largest side of a network's picture, pixels: more than 8K. */
const LARGEST_SIDE = 16_384;

/**
 * Failures that hardware decoding can cause: an unknown name ends ffmpeg, an absent device gives no frame, and the system's word on a
 * device (`-hwaccel_device`) reads as if it were about the input. Others, such as a refused password, would only be repeated.
 */
const HARDWARE_FAILURES: readonly string[] = [
  'FFMPEG_DIED',
  'INPUT_NOT_VIDEO',
  'INPUT_MISSING',
  'INPUT_UNREADABLE',
  'INPUT_BUSY',
];

/** Options of {@link decode}. */
export interface DecodeOptions {
  /** The box for the network's input; the weights do best at `engine.inputSize`. @default { width: 480, height: 360 } */
  readonly fit?: { readonly width: number; readonly height: number } | undefined;
  /** `contain` keeps the display aspect, `stretch` fills the box. @default 'contain' */
  readonly fitMode?: 'contain' | 'stretch' | undefined;
  /** The name that frames carry; without one, the input without its secrets. */
  readonly source?: string | undefined;
  /** Seconds after the source's beginning at which to start. */
  readonly startSeconds?: number | undefined;
  /** Seconds of video to decode. */
  readonly durationSeconds?: number | undefined;
  /** Which of several video tracks is decoded, counted from 1; cover art is none. @default 1 */
  readonly track?: number | undefined;
  /** Paces frames by the source's own times, counted from the first frame. If not provided, they come as fast as they decode. */
  readonly realtime?: boolean | undefined;
  /**
   * `auto`, `cuda`, `vaapi`, `videotoolbox`, ...: tried first; if it gives no frame, the source is decoded in software,
   * with a warning.
   */
  readonly hwaccel?: string | undefined;
  /** Decoder threads. If not provided, one less than there are cores on up to four cores; on more, ffmpeg decides. */
  readonly threads?: number | undefined;
  /**
   * `every`: no frame is dropped, and ffmpeg waits while the gate is shut. `latest`: ffmpeg is always drained, and the
   * newest frame waits in one slot while the gate is shut. @default 'every'
   */
  readonly policy?: 'every' | 'latest' | undefined;
  /**
   * The source is a camera. Its frames' times go on by their arrival where its clock cannot be right: it steps back, leaps
   * ahead of real time by more than 30 s, or there is none (MJPEG over HTTP). Pictures of another size end the source with
   * the error `SIZE_CHANGED` (ffmpeg 5 and newer); without it they are scaled to the first one's. @default false
   */
  readonly live?: boolean | undefined;
  /**
   * How many frames may be under way before the gate shuts. Without a limit, what fits in 20 MiB (40 MiB on four cores
   * and more), at least 4 and at most 16; for `latest`, 2.
   */
  readonly gateLimit?: number | undefined;
  /** On abort the source completes, and the steps after it finish the frames that they have. */
  readonly signal?: AbortSignal | undefined;
  /**
   * How long ffmpeg may take to close its connection when it is stopped, ms: an RTSP server that receives no TEARDOWN
   * may keep the session, and allows only so many. @default 0 // ffmpeg is killed at once
   */
  readonly stopGraceMs?: number | undefined;
  /** The epoch that frames carry. @default 0 */
  readonly epoch?: number | undefined;
  /** More options for ffmpeg, before its `-i`: `['-rtsp_transport', 'tcp']`. */
  readonly inputOptions?: readonly string[] | undefined;
  /** Called once, before the first frame. */
  readonly onInfo?: ((info: SourceInfo) => void) | undefined;
  /**
   * Called with a sentence on what is not as expected, and its code: `INPUT_TRUNCATED`, `SOUND_LONGER`,
   * `TIMES_STEP_BACK`, `TIMES_LEAP_AHEAD`, `TRACKS_LEFT_OUT`, `HWACCEL_UNAVAILABLE`, `FFMPEG_OLD`.
   */
  readonly onWarning?: ((text: string, code: string) => void) | undefined;
  /** Called for each dropped frame, with the cause: `busy`. */
  readonly onDrop?: ((cause: 'busy') => void) | undefined;
}

/**
 * Decodes a video, image, image sequence (`%05d.png`, `*.jpg`), URL or standard input (`-`): one video stream, upright,
 * as 8-bit 4:2:0 at its own size and as RGB fitted to the network, with the source's own times.
 *
 * Cold: each subscription starts an ffmpeg of its own. Unsubscribing kills it, at once or after `stopGraceMs`.
 *
 * Errors: `Failure` with `INPUT_MISSING`, `INPUT_EMPTY`, `INPUT_UNREADABLE`, `INPUT_NOT_VIDEO`, `INPUT_NO_VIDEO_STREAM`,
 * `INPUT_TRUNCATED` (only if nothing could be decoded), `INPUT_TOO_SHORT`, `INPUT_UNAUTHORIZED`, `INPUT_NOT_FOUND`, `INPUT_REFUSED`,
 * `INPUT_UNREACHABLE`, `INPUT_BUSY`, `FFMPEG_DIED`, `FFMPEG_MISSING`, `FFMPEG_TOO_OLD`. @throws `Failure` `OPTION_INVALID`.
 *
 * @example
 * decode('dash.mp4', { fit: engine.inputSize }).pipe(segment(engine), overlay(), encode('out.mp4', { copyFrom: 'dash.mp4' }))
 */
export function decode(input: string, options: DecodeOptions = {}): Observable<Frame> {
  checkDecodeOptions(input, options);
  return new Observable((subscriber) => {
    const { signal } = options;
    let decoding: Decoding | undefined;
    const stop = () => {
      decoding?.abandon();
      subscriber.complete();
    };
    if (signal?.aborted) return stop();
    signal?.addEventListener('abort', stop, { once: true });

    const attempt = async (
      tool: FfmpegTool,
      how: DecodeOptions & Partial<Late>,
      onFirst?: () => void,
    ): Promise<'complete' | Failure> => {
      if (subscriber.closed) return 'complete';
      decoding = startDecoding(input, how, tool, (frame) => {
        if (frame.index === 0) onFirst?.();
        subscriber.next(frame);
      });
      const outcome = await decoding.done;
      if (outcome === 'complete' || outcome instanceof Failure) return outcome;
      return attempt(tool, { ...how, ...outcome }, onFirst);
    };
    const run = async () => {
      await checkInput(input, options.inputOptions);
      const tool = await findFfmpeg();
      if (tool.warning) options.onWarning?.(tool.warning, 'FFMPEG_OLD');
      let outcome = await attempt(tool, options);
      const mayBeHardware = outcome !== 'complete' && HARDWARE_FAILURES.includes(outcome.code);
      // Standard input cannot be read a second time.
      if (mayBeHardware && options.hwaccel && input !== '-') {
        const { hwaccel, ...software } = options;
        const text = `Hardware decoding (${hwaccel}) gives no frame of ${options.source ?? redact(input)}: it is decoded in software`;
        outcome = await attempt(tool, software, () => options.onWarning?.(text, 'HWACCEL_UNAVAILABLE'));
      }
      if (outcome !== 'complete') throw outcome;
    };
    run().then(
      () => subscriber.complete(),
      (error: unknown) => subscriber.error(error),
    );

    return () => {
      signal?.removeEventListener('abort', stop);
      decoding?.abandon();
    };
  });
}

function checkDecodeOptions(input: unknown, options: DecodeOptions): void {
  const { policy = 'every', fitMode = 'contain', threads = 1, gateLimit = 1, track = 1, fit } = options;
  if (typeof input !== 'string') throw optionInvalid('input', 'a path, an address or `-`', input);
  checkSpan(options);
  checkChoice('policy', policy, ['every', 'latest']);
  checkChoice('fitMode', fitMode, ['contain', 'stretch']);
  checkNumber('threads', threads, { min: 1, max: MOST_THREADS, integer: true });
  checkNumber('track', track, { min: 1, integer: true });
  checkNumber('gateLimit', gateLimit, { min: 1, integer: true });
  if (fit === undefined) return;
  for (const side of ['width', 'height'] as const) {
    checkNumber(`fit.${side}`, fit[side], { min: 1, max: LARGEST_SIDE, integer: true });
  }
}
