import { Failure } from '../model/failure.js';
import { coloursOf } from './colours.js';
import type { DecodeOptions } from './decode.js';
import type { FrameDelivery } from './deliver-frames.js';
import { type Frame, pictureBytes } from './frame.js';
import { nutOffsetUs } from './nut-format.js';
import type { NutStream } from './nut-reader.js';
import type { PipedPicture } from './picture-pipe.js';
import { createLiveTimes, createPictureTimes } from './picture-times.js';
import { ASSUMED_FRAME_RATE, type InfoParser } from './source-info.js';

/** ffmpeg's names of formats without timestamps: it counts frames at a rate that it guesses. */
const TIMELESS = /^(?:mpjpeg|mjpeg|h264|hevc|m4v|mpegvideo|\w+_pipe)$/;

/** Makes a source's frames from pairs of pictures. */
export interface FrameMaker {
  make(picture: PipedPicture, fitted: PipedPicture): Frame;
  /** How many frames were made. */
  readonly count: number;
  /** The last frame's `ptsUs`. */
  readonly lastPtsUs: number;
  /** True if the clock had to be mended, so that it does not tell how long the source is. */
  readonly isMended: boolean;
}

/** The properties of a source that are known when its first two pictures have arrived. */
export interface FrameSource extends Pick<Frame, 'source' | 'file' | 'epoch'> {
  readonly info: InfoParser;
  readonly picture: NutStream;
  readonly fitted: NutStream;
  readonly delivery: FrameDelivery;
}

/** Makes a maker; reports what the source is through `onInfo`, and what is left out of it through `onWarning`. */
export function createFrameMaker(
  { source, file, epoch, info, picture: { width, height, pixelAspect }, fitted, delivery }: FrameSource,
  { live, track = 1, onInfo, onWarning }: Pick<DecodeOptions, 'live' | 'track' | 'onInfo' | 'onWarning'>,
): FrameMaker {
  const [num, den] = pixelAspect;
  const found = info.source();
  const constants = {
    width,
    height,
    pixelAspect: num > 0 && den > 0 ? ([num, den] as const) : ([1, 1] as const),
    colour: coloursOf(found, info.output),
  };
  if (found) onInfo?.({ ...found, ...constants });
  // The tracks of HLS and DASH are one picture in several qualities.
  if (found && found.videoTracks > 1 && !/^(?:hls|dash)\b/.test(found.container)) {
    const text = `${source} has ${found.videoTracks} video tracks: number ${track}, of ${width}x${height}, is taken`;
    onWarning?.(text, 'TRACKS_LEFT_OUT');
  }
  const gate = delivery.openGate(width, height);
  const input = { width: fitted.width, height: fitted.height };
  const rate = () => info.source()?.frameRate ?? ASSUMED_FRAME_RATE;
  const seconds = (us: number) => (us / 1e6).toFixed(2);
  const times = live
    ? createLiveTimes(!TIMELESS.test(found?.container ?? ''), (atUs, isAhead) => {
        const text = `The clock of ${source} ${isAhead ? 'leaps ahead' : 'steps back'} at ${seconds(atUs)} s: its pictures go on by the time of their arrival`;
        onWarning?.(text, isAhead ? 'TIMES_LEAP_AHEAD' : 'TIMES_STEP_BACK');
      })
    : createPictureTimes(rate, (atUs) => {
        const text = `The clock of ${source} steps back at ${seconds(atUs)} s: its pictures go on at ${rate()} frames/s; sound after that is not kept in time, and most of it is lost`;
        onWarning?.(text, 'TIMES_STEP_BACK');
      });
  const bytes = pictureBytes('yuv420p', width, height);
  const fittedBytes = pictureBytes('rgb24', input.width, input.height);
  let count = 0;
  let lastPtsUs = 0;
  return {
    make(picture, fitted) {
      // One that is rotated has as many bytes, but is fitted to another size.
      if (picture.data.length !== bytes || fitted.data.length !== fittedBytes) {
        throw new Failure(
          'SIZE_CHANGED',
          `The pictures of ${source} changed from ${width} x ${height} to another size`,
        );
      }
      const arrivedAt = Math.max(picture.arrivedAt, fitted.arrivedAt);
      lastPtsUs = times.next(picture.ptsUs - nutOffsetUs, arrivedAt);
      return {
        source,
        ...(file !== undefined && { file }),
        epoch,
        gate,
        index: count++,
        ptsUs: lastPtsUs,
        arrivedAt,
        picture: { ...constants, data: picture.data },
        input: { ...input, data: fitted.data },
        stepTimes: { decode: Math.max(0, arrivedAt - delivery.demandedAt) },
      };
    },
    get count() {
      return count;
    },
    get lastPtsUs() {
      return lastPtsUs;
    },
    get isMended() {
      return times.isMended;
    },
  };
}
