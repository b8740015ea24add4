import { availableParallelism } from 'node:os';
import type { Failure } from '../model/failure.js';
import { coloursOf } from './colours.js';
import type { DecodeOptions } from './decode.js';
import { decodeRun, netDescriptor } from './decode-run.js';
import { type FfmpegProcess, startFfmpeg } from './ffmpeg.js';
import type { FfmpegTool } from './find-ffmpeg.js';
import { type Frame, frameNow, pictureBytes } from './frame.js';
import { createGate } from './gate.js';
import { type Inlet, openInlet } from './inlet.js';
import { explainDeath, explainLoss, explainNoFrames, explainStart, isDamage } from './input-failure.js';
import { nutOffsetUs } from './nut-format.js';
import type { NutStream } from './nut-reader.js';
import { givePictureBytes } from './picture-memory.js';
import { createPicturePipe, type PicturePipe, type PipedPicture } from './picture-pipe.js';
import { createPictureTimes } from './picture-times.js';
import { redact } from './redact.js';
import { ASSUMED_FRAME_RATE, createInfoParser } from './source-info.js';

/**
 * How a run ended. `Late`: the source has pictures between where it was to begin and its first one, as the container can only be sought
 * to the next key frame (MPEG's streams).
 */
export type Outcome = 'complete' | Failure | Late;

/** See {@link Outcome}. */
export interface Late {
  /** The source's own time at which it was to begin. */
  readonly trimSeconds: number;
}

/** One run of ffmpeg over one source. */
export interface Decoding {
  /**
   * `complete`, or why no frame at all was given, so that another way can be tried.
   *
   * Rejects with `Failure` `FFMPEG_DIED` where frames had come, and with whatever a callback threw.
   */
  readonly done: Promise<Outcome>;
  /** Kills ffmpeg and gives nothing more; `done` resolves. */
  abandon(): void;
}

/** What stays the same from frame to frame. */
interface Constants extends Pick<Frame, 'source' | 'epoch' | 'gate'> {
  readonly picture: Omit<Frame['picture'], 'data'>;
  readonly input: Omit<Frame['input'], 'data'>;
}

/** Bytes that may be under way by default, pictures and their overlays together: more cores keep more of them busy. */
const defaultBytesUnderWay = 10 * 2 ** 20 * Math.min(Math.max(availableParallelism(), 2), 4);

/** Starts ffmpeg and hands on the frames that it makes, under the policy asked for. */
export function startDecoding(
  input: string,
  options: DecodeOptions & { readonly trimSeconds?: number },
  tool: FfmpegTool,
  onFrame: (frame: Frame) => void,
): Decoding {
  const { policy = 'every', source = redact(input), epoch = 0 } = options;
  const info = createInfoParser();
  const damage = { count: 0, first: '' };
  const pictures: PipedPicture[] = [];
  const inputs: PipedPicture[] = [];
  let ffmpeg: FfmpegProcess | undefined;
  let ended = false;
  let abandoned = false;
  let constants: Constants | undefined;
  let newest: Frame | undefined;
  let frames = 0;
  let lastPtsUs = 0;
  const rate = () => info.source()?.frameRate ?? ASSUMED_FRAME_RATE;
  const pictureTimes = createPictureTimes(rate, (atUs) => {
    const text = `The clock of ${source} steps back at ${(atUs / 1e6).toFixed(2)} s: its pictures go on at ${rate()} frames/s, which sound that is copied may not fit.`;
    options.onWarning?.(text, 'TIMES_STEP_BACK');
  });
  let demandedAt = frameNow();

  let inlets: readonly Inlet[] = [];
  const [picturePipe, inputPipe] = [pictures, inputs].map((queue, i) => {
    const onPicture = (picture: PipedPicture) => {
      queue.push(picture);
      pair();
    };
    return createPicturePipe(onPicture, whenWanted, () => inlets[i]!.resume());
  }) as [PicturePipe, PicturePipe];

  function whenWanted(more: () => void): void {
    if (abandoned) return;
    if (policy === 'latest' || !constants || constants.gate.open) {
      more();
      return;
    }
    constants.gate.whenOpen(() => {
      demandedAt = frameNow();
      more();
    });
  }

  function pair(): void {
    // The colour tags come by another pipe: printed before the first frame, but perhaps not read before it.
    if (!info.output && !ended) return;
    while (!abandoned && pictures.length > 0 && inputs.length > 0) {
      const difference = pictures[0]!.ptsUs - inputs[0]!.ptsUs;
      if (difference === 0) {
        const late = frames === 0 ? lateness((pictures[0]!.ptsUs - nutOffsetUs) / 1e6) : undefined;
        if (late) {
          settle(late);
          return;
        }
        give(makeFrame(pictures.shift()!, inputs.shift()!));
      } else (difference < 0 ? pictures : inputs).shift();
    }
  }

  /** @param firstSeconds The time of the first picture; infinite where none came. */
  function lateness(firstSeconds: number): Late | undefined {
    const { startSeconds, trimSeconds } = options;
    const found = info.source();
    // Standard input cannot be read a second time.
    if (!startSeconds || trimSeconds !== undefined || !found || input === '-') return undefined;
    const wanted = found.startSeconds + startSeconds;
    return firstSeconds > wanted + 1.5 / rate() ? { trimSeconds: wanted } : undefined;
  }

  function makeFrame(picture: PipedPicture, fitted: PipedPicture): Frame {
    constants ??= describe(picturePipe.format!, inputPipe.format!);
    const arrivedAt = Math.max(picture.arrivedAt, fitted.arrivedAt);
    lastPtsUs = pictureTimes.next(picture.ptsUs - nutOffsetUs);
    return {
      ...constants,
      index: frames++,
      ptsUs: lastPtsUs,
      arrivedAt,
      picture: { ...constants.picture, data: picture.data },
      input: { ...constants.input, data: fitted.data },
      stepTimes: { decode: Math.max(0, arrivedAt - demandedAt) },
    };
  }

  function describe(picture: NutStream, fitted: NutStream): Constants {
    const { width, height } = picture;
    const [num, den] = picture.pixelAspect;
    const pixelAspect: [number, number] = num > 0 && den > 0 ? [num, den] : [1, 1];
    const found = info.source();
    const colour = coloursOf(found, info.output);
    if (found) options.onInfo?.({ ...found, width, height, pixelAspect, colour });
    // Of HLS and DASH they are one picture in several qualities.
    if (found && found.videoTracks > 1 && !/^(?:hls|dash)\b/.test(found.container)) {
      options.onWarning?.(`${source} has ${found.videoTracks} video tracks: the first is taken.`, 'TRACKS_LEFT_OUT');
    }
    const room = Math.floor(defaultBytesUnderWay / (2 * pictureBytes('yuv420p', width, height)));
    const limit = options.gateLimit ?? (policy === 'latest' ? 2 : Math.min(16, Math.max(4, room)));
    return {
      source,
      epoch,
      gate: createGate(limit),
      picture: { width, height, pixelAspect, colour },
      input: { width: fitted.width, height: fitted.height },
    };
  }

  function give(frame: Frame): void {
    if (policy === 'every') {
      onFrame(frame);
      demandedAt = frameNow();
      return;
    }
    demandedAt = frame.arrivedAt;
    if (newest) {
      options.onDrop?.('busy');
      // Nobody has seen it.
      for (const { data } of [newest.picture, newest.input]) givePictureBytes(data);
      newest = frame;
      return;
    }
    newest = frame;
    frame.gate.whenOpen(() => {
      const taken = newest;
      newest = undefined;
      if (taken && !abandoned) onFrame(taken);
    });
  }

  function takeLine(line: string, level: string): void {
    const knewOutput = info.output !== undefined;
    info.read(line);
    if (!knewOutput && info.output) pair();
    if (level === 'info' || !isDamage(line)) return;
    damage.count += 1;
    damage.first ||= line;
  }

  async function run(): Promise<Outcome> {
    const opening = [openInlet(picturePipe.push, interrupt), openInlet(inputPipe.push, interrupt)];
    const opened = await Promise.all(opening).catch(async (error) => {
      for (const one of await Promise.allSettled(opening)) if (one.status === 'fulfilled') one.value.destroy();
      throw error;
    });
    inlets = opened;
    if (abandoned) {
      for (const inlet of opened) inlet.destroy();
      return 'complete';
    }
    const { fit = { width: 480, height: 360 }, fitMode = 'contain' } = options;
    const command = { ...options, fit, fitMode, input };
    ffmpeg = await startFfmpeg(tool, {
      ...decodeRun(tool, command),
      inlets: opened.map((inlet, i) => ({ inlet, descriptor: i === 0 ? 1 : netDescriptor(input) })),
      onLine: (line, level) => {
        try {
          takeLine(line, level);
        } catch (error) {
          interrupt(error);
        }
      },
    });
    if (abandoned) ffmpeg.abandon(options.stopGraceMs);
    const end = await ffmpeg.ended;
    ended = true;
    pair();
    await Promise.all(opened.map((inlet) => inlet.ended));
    await lastGiven();
    if (frames === 0)
      return (
        lateness(Number.POSITIVE_INFINITY) ??
        explainStart(source, options.startSeconds, info.source(), end.code === 0 && damage.count === 0) ??
        explainNoFrames(input, end, info.sawInput)
      );
    if (end.signal || (end.code !== 0 && damage.count === 0)) throw explainDeath(source, end, frames);
    // A clock that jumps says nothing of how long a source is.
    const isWhole = !options.startSeconds && !options.durationSeconds && !pictureTimes.isMended;
    const loss = explainLoss({ input: source, info: info.source(), isWhole, frames, lastPtsUs, damage });
    if (loss) options.onWarning?.(loss.message, loss.code);
    return 'complete';
  }

  /** Under `latest`, the frame in the slot is still owed. */
  function lastGiven(): Promise<void> {
    return new Promise((resolve) => (newest ? newest.gate.whenOpen(resolve) : resolve()));
  }

  // Ends the run from outside, or from inside an event handler: with an error, or with none.
  let settle: (outcome: Outcome) => void;
  let interrupt: (error: unknown) => void;
  const interrupted = new Promise<Outcome>((resolve, reject) => {
    settle = resolve;
    interrupt = reject;
  });

  function abandon(): void {
    abandoned = true;
    newest = undefined;
    ffmpeg?.abandon(options.stopGraceMs);
    for (const inlet of inlets) inlet.destroy();
    settle('complete');
  }

  return { done: Promise.race([interrupted, run()]).finally(abandon), abandon };
}
