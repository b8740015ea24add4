import type { Failure } from '../model/failure.js';
import { fileOf } from './check-input.js';
import type { DecodeOptions } from './decode.js';
import { decodeRun, netDescriptor } from './decode-run.js';
import { deliverFrames } from './deliver-frames.js';
import { explainDeath, explainLoss, explainNoFrames, explainStart, isDamage } from './explain-input.js';
import { type FfmpegProcess, startFfmpeg } from './ffmpeg.js';
import type { FfmpegTool } from './find-ffmpeg.js';
import type { Frame } from './frame.js';
import { createFrameMaker, type FrameMaker } from './frame-maker.js';
import { type Inlet, openInlet } from './inlet.js';
import { nutOffsetUs } from './nut-format.js';
import { pairPictures } from './pair-pictures.js';
import { createPicturePipe, type PipedPicture } from './picture-pipe.js';
import { redact } from './redact.js';
import { ASSUMED_FRAME_RATE, createInfoParser } from './source-info.js';

/**
 * How a run ended. `Late`: the source has pictures between the requested beginning and the first picture that came, because its
 * container can be sought only to a key frame (MPEG's streams).
 */
export type Outcome = 'complete' | Failure | Late;

/** See {@link Outcome}. */
export interface Late {
  /** The requested beginning by the source's own clock. */
  readonly trimSeconds: number;
}

/** One run of ffmpeg over one source. */
export interface Decoding {
  /**
   * `complete`, or why no frame at all was delivered, so that another way can be tried.
   *
   * Rejects with `Failure` `FFMPEG_DIED` if frames had been delivered, and with whatever a callback threw.
   */
  readonly done: Promise<Outcome>;
  /** Kills ffmpeg and delivers nothing more; `done` resolves. */
  abandon(): void;
}

/** Starts ffmpeg and passes on the frames that it makes, under the policy asked for. */
export function startDecoding(
  input: string,
  options: DecodeOptions & { readonly trimSeconds?: number },
  tool: FfmpegTool,
  onFrame: (frame: Frame) => void,
): Decoding {
  const { source = redact(input), epoch = 0, startSeconds } = options;
  const info = createInfoParser(options.track);
  const damage = { count: 0, first: '' };
  let ffmpeg: FfmpegProcess | undefined;
  let inlets: readonly Inlet[] = [];
  let ended = false;
  let abandoned = false;
  let frames: FrameMaker | undefined;

  const delivery = deliverFrames(options, onFrame);
  // The colour tags arrive through another pipe: printed before the first frame, but perhaps not read before it.
  const isReady = () => (info.output !== undefined || ended) && !abandoned;
  const pairs = pairPictures(takePair, isReady);
  const picturePipe = createPicturePipe(pairs.addPicture, delivery.whenWanted, () => inlets[0]!.resume());
  const fittedPipe = createPicturePipe(pairs.addFitted, delivery.whenWanted, () => inlets[1]!.resume());

  function takePair(picture: PipedPicture, fitted: PipedPicture): void {
    if (frames === undefined) {
      const late = lateness((picture.ptsUs - nutOffsetUs) / 1e6);
      if (late) {
        // The first outcome counts: `abandon` settles as complete.
        settle(late);
        abandon();
        return;
      }
      const formats = { picture: picturePipe.format!, fitted: fittedPipe.format! };
      frames = createFrameMaker({ source, file: fileOf(input), epoch, info, delivery, ...formats }, options);
    }
    delivery.deliver(frames.make(picture, fitted));
  }

  /** @param firstSeconds The time of the first picture; infinite if there was none. */
  function lateness(firstSeconds: number): Late | undefined {
    const found = info.source();
    // Standard input cannot be read a second time.
    if (!startSeconds || options.trimSeconds !== undefined || !found || input === '-') return undefined;
    const wanted = found.startSeconds + startSeconds;
    const isLate = firstSeconds > wanted + 1.5 / (found.frameRate ?? ASSUMED_FRAME_RATE);
    return isLate ? { trimSeconds: wanted } : undefined;
  }

  function takeLine(line: string, level: string): void {
    const knewOutput = info.output !== undefined;
    info.read(line);
    if (!knewOutput && info.output) pairs.flush();
    if (level === 'info' || !isDamage(line)) return;
    damage.count += 1;
    damage.first ||= line;
  }

  async function run(): Promise<Outcome> {
    const opening = [openInlet(picturePipe.push, interrupt), openInlet(fittedPipe.push, interrupt)];
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
    pairs.flush();
    await Promise.all(opened.map((inlet) => inlet.ended));
    await delivery.delivered();
    // How it ends once it was told to end says nothing about the source.
    if (abandoned) return 'complete';
    if (frames === undefined)
      return (
        lateness(Number.POSITIVE_INFINITY) ??
        explainStart(source, startSeconds, info.source(), end.code === 0 && damage.count === 0) ??
        explainNoFrames(input, end, info)
      );
    const { count, lastPtsUs, isMended } = frames;
    if (end.signal || (end.code !== 0 && damage.count === 0)) throw explainDeath(source, end, count);
    const isWhole = !startSeconds && !options.durationSeconds && !isMended;
    const loss = explainLoss({ input: source, info: info.source(), isWhole, frames: count, lastPtsUs, damage });
    if (loss) options.onWarning?.(loss.message, loss.code);
    return 'complete';
  }

  // Ends the run from outside or from inside an event handler, with an outcome or with an error.
  let settle: (outcome: Outcome) => void;
  let interrupt: (error: unknown) => void;
  const interrupted = new Promise<Outcome>((resolve, reject) => {
    settle = resolve;
    interrupt = reject;
  });

  function abandon(): void {
    abandoned = true;
    delivery.abandon();
    ffmpeg?.abandon(options.stopGraceMs);
    for (const inlet of inlets) inlet.destroy();
    settle('complete');
  }

  return { done: Promise.race([interrupted, run()]).finally(abandon), abandon };
}
