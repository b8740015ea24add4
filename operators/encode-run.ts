import { extname } from 'node:path';
import { Failure } from '../model/failure.js';
import type { Encoder } from './choose-encoder.js';
import { cutOriginal } from './cut-original.js';
import type { FfmpegRun } from './ffmpeg.js';
import { ffmpegName } from './ffmpeg-name.js';
import { type FfmpegTool, isAtLeast, passthroughOption } from './find-ffmpeg.js';
import type { ColourTags } from './frame.js';
import { nutOffsetUs } from './nut-format.js';
import type { SourceInfo } from './source-info.js';

/** File extensions that can be written, with what their containers can hold. */
const containers: Readonly<Record<string, Container>> = {
  '.mp4': { format: 'mp4', isMp4: true, audio: /^(aac|mp3|ac3|eac3|alac|opus)$/, convertTo: 'aac' },
  '.m4v': { format: 'mp4', isMp4: true, audio: /^(aac|mp3|ac3|eac3|alac|opus)$/, convertTo: 'aac' },
  '.mov': {
    format: 'mov',
    isMp4: true,
    audio: /^(aac|mp3|ac3|eac3|alac|pcm_(s16|s24|s32|f32)(le|be)|pcm_u8)$/,
    convertTo: 'aac',
  },
  '.mkv': { format: 'matroska', isMp4: false, audio: /./, convertTo: 'aac' },
  '.webm': { format: 'webm', isMp4: false, audio: /^(opus|vorbis)$/, convertTo: 'libopus' },
};

/** A file format, and what it can hold. */
export interface Container {
  /** ffmpeg's name for the muxer. */
  readonly format: string;
  readonly isMp4: boolean;
  /** Audio codecs that are copied; others are converted. */
  readonly audio: RegExp;
  readonly convertTo: string;
}

/**
 * Returns the container for a file's name.
 *
 * @throws `Failure` `OPTION_INVALID` for an extension that cannot be written.
 */
export function containerOf(output: string, name = 'the output'): Container {
  const container = containers[extname(output).toLowerCase()];
  if (container) return container;
  const expected = Object.keys(containers).join(', ');
  throw new Failure('OPTION_INVALID', `Expected ${name} to end in ${expected}, got ${output}`);
}

/** The work of one encoder process. */
export interface EncodeCommand {
  readonly part: string;
  readonly container: Container;
  readonly encoder: Encoder;
  readonly crf: number;
  readonly preset: string;
  readonly picture: { readonly width: number; readonly height: number; readonly colour: ColourTags };
  /** The file that sound, metadata and chapters come from. */
  readonly original?: { readonly path: string; readonly info: SourceInfo };
  readonly startSeconds?: number;
  readonly durationSeconds?: number;
  /** Subtracted from every timestamp. */
  readonly shiftSeconds: number;
  readonly threads?: number;
  /** When the first frame was taken, ms since 1970. */
  readonly createdAt?: number;
  /** The video track of the original that was decoded, counted from 1. */
  readonly track?: number;
}

/**
 * True if a file would not record how long its last frame is shown, so that players would skip it: MP4 by ffmpeg 4. The
 * last frame is then written twice, and its second copy left out of the final file; there are no B-frames, so that the
 * copy comes last.
 */
export function needsGuard(tool: FfmpegTool, container: Container): boolean {
  return container.isMp4 && !isAtLeast(tool, [59, 0]);
}

/**
 * Builds the run that writes a part file from the frames on standard input, with their times, and from the original's
 * sound, by its own clock. Both have `-copyts`: without it the sound would shift by the difference between their first
 * timestamps. The part plays however it ends: it consists of fragments of a second, and an MP4's index is delayed until
 * the first fragment (`delay_moov`), because it could not otherwise say that a track begins late.
 */
export function encodeRun(tool: FfmpegTool, command: EncodeCommand): FfmpegRun {
  const { container, encoder, picture, original, startSeconds, durationSeconds, shiftSeconds } = command;
  const { width, height } = picture;
  const colours = colourOptions(picture.colour);
  const cut = cutOriginal(original?.info.startSeconds ?? 0, startSeconds, durationSeconds);
  const isOdd = width % 2 === 1 || height % 2 === 1;
  const even = `${width + (width % 2)}:${height + (height % 2)}`;
  // `pad` paints black from the last whole pair of columns on: `fillborders` fills that pair with the column before it,
  // if there is one.
  const pad =
    width === 1 || height === 1
      ? `scale=${even}:flags=neighbor,`
      : `pad=${even},fillborders=right=${2 * (width % 2)}:bottom=${height % 2}:mode=smear,`;
  const ticks = ticksPerSecond(command);
  return {
    inputs: [
      {
        source: 'pipe:0',
        options: [
          ...encoder.globalOptions,
          ...['-y', '-copyts', '-itsoffset', String(cut.delay - nutOffsetUs / 1e6), ...colours],
          // The header is complete: no frame has to be held back for probing.
          ...['-probesize', '32', '-analyzeduration', '0', '-fpsprobesize', '0', '-f', 'nut'],
          // With sound beside them, ffmpeg would read eight pictures ahead: 24 MB of 1920x1080.
          ...['-thread_queue_size', '2'],
        ],
      },
      ...(original ? [{ source: ffmpegName(original.path), options: cut.options }] : []),
    ],
    outputs: [
      {
        target: command.part,
        options: [
          ...['-map', '0:v:0'],
          ...(original ? soundAndMetadata(original.info, container, command.track) : []),
          ...creationTime(command),
          ...(cut.canDropEarlier ? ['-copypriorss:a', '0'] : []),
          // Chapters are added to the final file: in fragments they would become a track, and then two.
          ...['-map_chapters', original && cut.options.length === 0 && !container.isMp4 ? '1' : '-1'],
          ...['-vf', `${isOdd && encoder.name !== 'ffv1' ? pad : ''}${encoder.filter}`],
          ...['-c:v', encoder.name, ...encoder.options({ ...command, width, height })],
          ...(needsGuard(tool, container) ? ['-bf', '0'] : []),
          ...(command.threads ? ['-threads', String(command.threads)] : []),
          ...colours,
          ...[...passthroughOption(tool), '-enc_time_base', `1:${ticks}`],
          ...(shiftSeconds + cut.delay ? ['-output_ts_offset', String(-shiftSeconds - cut.delay)] : []),
          ...(container.isMp4
            ? [
                ...mp4Options(tool, ticks),
                ...['-movflags', '+frag_keyframe+empty_moov+delay_moov+default_base_moof', '-frag_duration', '1000000'],
              ]
            : // A cluster is written as a whole, by default after five seconds.
              ['-cluster_time_limit', '1000']),
          // Otherwise up to 256 KB of finished fragments would wait in ffmpeg, and be lost with it.
          ...['-flush_packets', '1'],
          ...['-f', container.format],
        ],
      },
    ],
    log: 'error',
  };
}

/** The end of the final file if it is not that of the part, seconds. */
export interface RemuxEnd {
  /** The end of all streams. */
  readonly untilSeconds?: number;
  /** Length of the part's video track alone, counted from the part's first timestamp. */
  readonly pictureSeconds?: number;
}

/** Builds the run that rewrites the part as the final file, without encoding anything again; an MP4's index comes first. */
export function remuxRun(
  tool: FfmpegTool,
  part: string,
  target: string,
  command: EncodeCommand,
  { untilSeconds, pictureSeconds }: RemuxEnd,
): FfmpegRun {
  const { original, container } = command;
  const isTrimmed = Boolean(command.startSeconds || command.durationSeconds || untilSeconds);
  const source = ffmpegName(part);
  const pictureEnd = pictureSeconds === undefined ? [] : ['-t', pictureSeconds.toFixed(6)];
  return {
    inputs: [
      { source, options: ['-y', '-copyts', ...pictureEnd] },
      { source },
      ...(original ? [{ source: ffmpegName(original.path) }] : []),
    ],
    outputs: [
      {
        target,
        options: [
          ...['-map', '0:v', '-map', '1:a?', '-c', 'copy'],
          ...(original ? ['-map_metadata', '2', '-map_chapters', isTrimmed ? '-1' : '2'] : []),
          ...creationTime(command),
          ...(untilSeconds === undefined ? [] : ['-t', untilSeconds.toFixed(6)]),
          ...(container.isMp4 ? [...mp4Options(tool, ticksPerSecond(command)), '-movflags', '+faststart'] : []),
          ...['-f', container.format],
        ],
      },
    ],
    log: 'error',
  };
}

function creationTime({ createdAt }: EncodeCommand): string[] {
  return createdAt === undefined ? [] : ['-metadata', `creation_time=${new Date(createdAt).toISOString()}`];
}

function soundAndMetadata(info: SourceInfo, container: Container, track = 1): string[] {
  const codecs = info.audioCodecs.flatMap((codec, index) => {
    const isCopied = container.audio.test(codec);
    // Transport streams carry AAC with headers that MP4 does not have; ffmpeg removes them by itself, but not in
    // fragments. Where there are none, the filter does nothing.
    const filter = isCopied && codec === 'aac' && container.isMp4 ? [`-bsf:a:${index}`, 'aac_adtstoasc'] : [];
    // The mapping of the video stream's metadata below would otherwise turn off the copying of language and title.
    const metadata = [`-map_metadata:s:a:${index}`, `1:s:a:${index}`];
    return [`-c:a:${index}`, isCopied ? 'copy' : container.convertTo, ...filter, ...metadata];
  });
  return [
    ...['-map', '1:a?', ...codecs],
    ...['-map_metadata', '1', '-map_metadata:s:v:0', `1:s:V:${track - 1}`],
    // The picture is upright now; ffmpeg 4 would tell players to rotate it again.
    ...['-metadata:s:v:0', 'rotate='],
    // In some MP4 files the sound ends far later than the picture: nothing is held back in memory for the difference.
    ...['-max_muxing_queue_size', '4096'],
  ];
}

/**
 * Sets the clocks of the video track and of the file. A track's late beginning is written by the file's clock, which
 * would be milliseconds by default; ffmpeg 4 cannot do otherwise. `-strict -2` allows Opus in MP4, which is
 * experimental in ffmpeg 4.
 */
function mp4Options(tool: FfmpegTool, ticks: number): string[] {
  const movie = isAtLeast(tool, [59, 0]) ? ['-movie_timescale', String(ticks)] : [];
  return ['-video_track_timescale', String(ticks), ...movie, '-strict', '-2'];
}

/**
 * Returns a clock in which the source's timestamps are whole numbers: its own, made finer if it is coarse, and coarser
 * only if the encoder requires it. Without a source it is RTP's. Rates such as 29.97 are ffmpeg's rounding of 30000 /
 * 1001.
 */
function ticksPerSecond({ original, encoder }: EncodeCommand): number {
  const own = original?.info.timeBase ?? 90_000;
  let ticks = Number.isInteger(own) ? own : Math.round(own * 1.001) * 1000;
  while (ticks < 10_000) ticks *= 2;
  let factor = Math.ceil(ticks / encoder.maxTicks);
  while (ticks % factor !== 0 && factor < ticks / 1000) factor += 1;
  return Math.round(ticks / factor);
}

const matrices = /^(bt709|fcc|bt470bg|smpte170m|smpte240m|ycgco|bt2020nc|bt2020c)$/;
const primaries = /^(bt709|bt470m|bt470bg|smpte170m|smpte240m|film|bt2020|smpte428|smpte431|smpte432)$/;
const transfers =
  /^(bt709|gamma22|gamma28|smpte170m|smpte240m|linear|iec61966-2-4|iec61966-2-1|bt2020-10|bt2020-12|smpte2084|smpte428|arib-std-b67)$/;

/**
 * Returns colour tags as options: on the input, so that nothing is converted, and on the output, so that older versions
 * write them too.
 */
function colourOptions({ range, matrix, ...colour }: ColourTags): string[] {
  // ffmpeg prints these two under one name and reads them under another.
  const transfer = { bt470m: 'gamma22', bt470bg: 'gamma28' }[colour.transfer ?? ''] ?? colour.transfer;
  return [
    ...(range ? ['-color_range', range] : []),
    ...(matrix && matrices.test(matrix) ? ['-colorspace', matrix] : []),
    ...(colour.primaries && primaries.test(colour.primaries) ? ['-color_primaries', colour.primaries] : []),
    ...(transfer && transfers.test(transfer) ? ['-color_trc', transfer] : []),
  ];
}
