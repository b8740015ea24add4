import { availableParallelism } from 'node:os';
import type { Readable } from 'node:stream';
import type { FfmpegRun } from './ffmpeg.js';
import { ffmpegName, patternOptions } from './ffmpeg-name.js';
import { type FfmpegTool, isAtLeast, passthroughOption } from './find-ffmpeg.js';
import { nutOffsetUs } from './nut-format.js';

/** The part of a decoder's options that becomes ffmpeg's command line. */
export interface DecodeCommand {
  readonly input: string;
  /** The box for the network's input. */
  readonly fit: { readonly width: number; readonly height: number };
  readonly fitMode: 'contain' | 'stretch';
  readonly startSeconds?: number | undefined;
  readonly durationSeconds?: number | undefined;
  readonly realtime?: boolean | undefined;
  /** Passes pictures of a new size on as they are. */
  readonly live?: boolean | undefined;
  readonly track?: number | undefined;
  readonly hwaccel?: string | undefined;
  readonly threads?: number | undefined;
  readonly inputOptions?: readonly string[] | undefined;
  /**
   * The source's own time at which to begin, for a container that can be sought only to the next key frame: what lies
   * before it is decoded and dropped.
   */
  readonly trimSeconds?: number | undefined;
}

/** With `trimSeconds`, decoding begins this much earlier: more than key frames are apart. */
const runUpSeconds = 12;

/**
 * Delays each frame until its time, counted from the first frame. `-re` paces packets, whose order differs from that of
 * pictures, and before ffmpeg 5 it counts from time 0: a file that begins, or is started, at 20 s would show nothing
 * for 20 s. After a leap of more than a minute the filter counts from there.
 */
const paceFilter = 'realtime=limit=60';

/**
 * Builds the run that decodes a source once and writes both pictures of every frame as NUT: the whole one to standard
 * output, the network's to `netDescriptor`. These are two pipes rather than two streams in one, because a muxer holds a
 * packet back until each of its streams has another: one frame of latency.
 *
 * Timestamps are the source's own (`-copyts`), in microseconds. A clock of other ticks is rounded by at most half a
 * microsecond, little enough for its ticks to be recovered.
 */
export function decodeRun(tool: FfmpegTool, command: DecodeCommand): FfmpegRun {
  const {
    input,
    startSeconds = 0,
    durationSeconds,
    hwaccel,
    threads = threadsOnFewCores(),
    trimSeconds,
    track = 1,
  } = command;
  const seekSeconds = trimSeconds === undefined ? startSeconds : Math.max(0, startSeconds - runUpSeconds);
  const isUnscaled = command.live && isAtLeast(tool, [59, 0]);
  const output = [
    ...(isUnscaled ? ['-autoscale', '0'] : []),
    ...passthroughOption(tool),
    ...['-enc_time_base', '1:1000000', '-c:v', 'rawvideo', '-f', 'nut'],
    ...['-output_ts_offset', `${nutOffsetUs / 1e6}`],
    // Without this the tail of each frame would wait in ffmpeg for the next one.
    ...['-flush_packets', '1'],
    // Without this ffmpeg would remember each frame for an index at the end: a gigabyte per camera and day.
    ...['-write_index', '0'],
  ];
  return {
    inputs: [
      {
        source: input === '-' ? (process.stdin as Readable) : ffmpegName(input),
        options: [
          '-copyts',
          ...(hwaccel ? ['-hwaccel', hwaccel] : []),
          ...(threads ? ['-threads', String(threads)] : []),
          ...patternOptions(input),
          ...(seekSeconds ? ['-ss', String(seekSeconds)] : []),
          ...(durationSeconds ? ['-t', String(durationSeconds + startSeconds - seekSeconds)] : []),
          ...(command.inputOptions ?? []),
        ],
      },
    ],
    // [0:V:0] is the first video stream that is not cover art.
    filter: `[0:V:${track - 1}]${commonFilter(command)};[a]format=yuv420p|yuvj420p[picture];[b]${fitFilter(command)}[net]`,
    outputs: [
      { target: 'pipe:1', options: ['-map', '[picture]', ...output] },
      { target: `pipe:${netDescriptor(input)}`, options: ['-map', '[net]', ...output] },
    ],
    log: 'info',
    killOnExit: true,
  };
}

/**
 * Limits the decoder's threads on machines with few cores. By default ffmpeg has one thread more than cores, and each
 * holds pictures, although engine and encoder leave no core to decode them: 22 MB of 1920x1080 on two cores.
 */
function threadsOnFewCores(): number | undefined {
  const cores = availableParallelism();
  return cores > 4 ? undefined : Math.max(1, cores - 1);
}

/**
 * The descriptor to which the network's picture is written: standard input, which can be written to like any other,
 * unless the source is read from it.
 */
export function netDescriptor(input: string): number {
  return input === '-' ? 3 : 0;
}

/** The filters of both pictures, up to the labels `a` and `b`. */
function commonFilter({ trimSeconds, durationSeconds, realtime }: DecodeCommand): string {
  // The duration that is an option of the input counts from the key frame at which decoding started.
  const duration = durationSeconds === undefined ? '' : `:duration=${durationSeconds}`;
  return [
    ...(trimSeconds === undefined ? [] : [`trim=start=${trimSeconds}${duration}`]),
    ...(realtime ? [paceFilter] : []),
    'split[a][b]',
  ].join(',');
}

function fitFilter({ fit: { width, height }, fitMode }: DecodeCommand): string {
  const size =
    fitMode === 'stretch'
      ? `${width}:${height}`
      : `w='max(1,trunc(min(${width},${height}*dar)+0.5))':h='max(1,trunc(min(${height},${width}/dar)+0.5))'`;
  return `scale=${size}:flags=area,format=rgb24`;
}
