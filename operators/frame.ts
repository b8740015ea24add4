import type { ClassLabel, ClassMask, RgbPicture } from '../model/engine.js';
import type { Gate } from './gate.js';

/** How a picture's values encode colour, by ffmpeg's names (`tv`/`pc`, `bt709`, ...); absent if the file does not say. */
export interface ColourTags {
  readonly range?: string;
  readonly matrix?: string;
  readonly primaries?: string;
  readonly transfer?: string;
}

/** A planar 8-bit 4:2:0 picture: `width * height` luma bytes, then two chroma planes of `ceil(width / 2) * ceil(height / 2)`. */
export interface YuvPicture {
  readonly width: number;
  readonly height: number;
  /** Width over height of one pixel; [1, 1] is square. */
  readonly pixelAspect: readonly [number, number];
  readonly data: Uint8Array;
  readonly colour: ColourTags;
}

/** Milliseconds that each step took for this frame, in the order in which they ran: `{ decode: 3.1, segment: 40.2 }`. */
export type StepTimes = Readonly<Record<string, number>>;

/**
 * One decoded picture, upright. Immutable: steps add fields to a copy and never write into a frame, so that frames may
 * be shared, kept, paired and dropped by any operator. `decode` and `overlay` keep pixels in shared memory, which
 * threads read without a copy; it is used again only where nobody can have the frame (`recycle`, frames that are
 * dropped before any other step).
 */
export interface Frame {
  /** The source's name, by which merged streams are told apart. */
  readonly source: string;
  /** The path of the file that it was decoded from, if it is one: outputs that would replace it are refused. */
  readonly file?: string | undefined;
  /** The connection to the source, counted from 0: one more after each reconnect. */
  readonly epoch: number;
  /** Counts the frames of an epoch from 0, dropped ones included. */
  readonly index: number;
  /** Presentation time in microseconds, as the source has it; exact, not made from a frame rate. */
  readonly ptsUs: number;
  /** When its last byte arrived from ffmpeg: {@link frameNow}, ms. */
  readonly arrivedAt: number;
  /** The whole picture at the source's resolution. */
  readonly picture: YuvPicture;
  /** The same picture fitted to the network's size, as ffmpeg scaled it. */
  readonly input: RgbPicture;
  readonly stepTimes: StepTimes;
  /** The gate of the route that this frame is on: steps that queue hold it. */
  readonly gate: Gate;
}

/** A frame with the network's result. */
export interface SegmentedFrame extends Frame {
  /** Class indices at the size of `input`. */
  readonly mask: ClassMask;
  /** The classes, by index. */
  readonly classes: readonly ClassLabel[];
  /** Share of the mask's pixels by class index, summing to 1 less the share of void. */
  readonly shares: readonly number[];
  /** True if `mask` is an earlier frame's (`stride`). */
  readonly carried: boolean;
}

/**
 * A segmented frame with a picture of its classes: `overlay` has the height, aspect and colour tags of `picture`, and
 * its width unless two pictures stand side by side.
 */
export interface OverlaidFrame extends SegmentedFrame {
  readonly overlay: YuvPicture;
}

/** Returns the time by the clock of `Frame.arrivedAt`: ms since 1970, monotonic. */
export function frameNow(): number {
  return performance.timeOrigin + performance.now();
}

/** `yuv420p`: three planes, 4:2:0, chroma rounded up; `rgb24`: interleaved; `gray`: one plane. All 8 bit. */
export type SampleFormat = 'yuv420p' | 'rgb24' | 'gray';

/** Returns the bytes of one picture, without padding. */
export function pictureBytes(format: SampleFormat, width: number, height: number): number {
  const luma = width * height;
  if (format === 'gray') return luma;
  if (format === 'rgb24') return luma * 3;
  return luma + 2 * Math.ceil(width / 2) * Math.ceil(height / 2);
}
