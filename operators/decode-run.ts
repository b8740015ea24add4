import { availableParallelism } from 'node:os';
import type { Readable } from 'node:stream';
import type { FfmpegRun } from './ffmpeg.js';
import { ffmpegName, patternOptions } from './ffmpeg-name.js';
import { type FfmpegTool, passthroughOption } from './find-ffmpeg.js';
import { nutOffsetUs } from './nut-format.js';

/** The part of a decoder's options that becomes ffmpeg's command line. */
export interface DecodeCommand {
  readonly input: string;
  /** The box for the network's picture. */
  readonly fit: { readonly width: number; readonly height: number };
  readonly fitMode: 'contain' | 'stretch';
  readonly startSeconds?: number | undefined;
  readonly durationSeconds?: number | undefined;
  readonly realtime?: boolean | undefined;
  readonly hwaccel?: string | undefined;
  readonly threads?: number | undefined;
  readonly inputOptions?: readonly string[] | undefined;
  /** The source's own time at which to begin, where its container can only be sought to the next key frame: what is before it is decoded too. */
  readonly trimSeconds?: number | undefined;
}

/** How much before the beginning is read for `trimSeconds`: more than key frames are apart. */
const runUpSeconds = 12;

/**
 * Lets each frame through when its time has come since the first one. `-re` paces packets, which come in another order than
 * pictures, and before ffmpeg 5 counts from time 0: a file that begins at 20 s, or is begun there, kept people waiting for 20 s.
 * Where the times leap by more than a minute, it counts anew from there.
 */
const paceFilter = 'realtime=limit=60,';

/**
 * Both pictures of every frame from one process, decoded once, as NUT: the whole one on standard output, the network's on
 * `netDescriptor`. Two pipes rather than two streams in one, because a muxer holds a packet back until each of its streams
 * has another: one frame of latency.
 *
 * Times are the source's own (`-copyts`) in microseconds, which is exact for 1 / 1,000,000 and rounds any other clock by
 * at most half a microsecond, little enough for its tick to be found again.
 */
export function decodeRun(tool: FfmpegTool, command: DecodeCommand): FfmpegRun {
  const { input, startSeconds = 0, durationSeconds, hwaccel, threads = threadsOnFewCores(), trimSeconds } = command;
  const seekSeconds = trimSeconds === undefined ? startSeconds : Math.max(0, startSeconds - runUpSeconds);
  const output = [
    ...passthroughOption(tool),
    ...['-enc_time_base', '1:1000000', '-c:v', 'rawvideo', '-f', 'nut'],
    ...['-output_ts_offset', `${nutOffsetUs / 1e6}`],
    // Otherwise the tail of each frame waits in ffmpeg for the next one.
    ...['-flush_packets', '1'],
    // Otherwise it remembers each frame for an index at the end: a gigabyte a day of a camera.
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
    // [0:V:0] is the first video stream that is no cover picture.
    filter: `[0:V:0]${trimSeconds === undefined ? '' : `trim=start=${trimSeconds},`}${command.realtime ? paceFilter : ''}split[a][b];[a]format=yuv420p|yuvj420p[picture];[b]${fitFilter(command)}[net]`,
    outputs: [
      { target: 'pipe:1', options: ['-map', '[picture]', ...output] },
      { target: `pipe:${netDescriptor(input)}`, options: ['-map', '[net]', ...output] },
    ],
    log: 'info',
    killOnExit: true,
  };
}

/**
 * Where cores are few, ffmpeg's one thread more than cores each hold pictures that engine and encoder leave no core to decode:
 * 22 MB of 1920x1080 on two.
 */
function threadsOnFewCores(): number | undefined {
  const cores = availableParallelism();
  return cores > 4 ? undefined : Math.max(1, cores - 1);
}

/** Where the network's picture comes out: on standard input, which can be written to as well as any other, if that is free. */
export function netDescriptor(input: string): number {
  return input === '-' ? 3 : 0;
}

function fitFilter({ fit: { width, height }, fitMode }: DecodeCommand): string {
  const size =
    fitMode === 'stretch'
      ? `${width}:${height}`
      : `w='max(1,trunc(min(${width},${height}*dar)+0.5))':h='max(1,trunc(min(${height},${width}/dar)+0.5))'`;
  return `scale=${size}:flags=area,format=rgb24`;
}
