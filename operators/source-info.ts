import type { ColourTags } from './frame.js';

/** The frame rate assumed for a source that does not say, frames per second. */
export const ASSUMED_FRAME_RATE = 25;

/** A source as ffmpeg described it on opening it. */
export interface SourceInfo {
  /** ffmpeg's name for the container: `mov,mp4,m4a,3gp,3g2,mj2`, `matroska,webm`, `rtsp`, ... */
  readonly container: string;
  /** Absent for streams and raw files. */
  readonly durationSeconds?: number;
  /** The first timestamp of the container. */
  readonly startSeconds: number;
  readonly codec: string;
  readonly pixelFormat: string;
  /** Upright: after rotation. */
  readonly width: number;
  readonly height: number;
  readonly pixelAspect: readonly [number, number];
  /** Degrees anticlockwise by which the picture is rotated to be upright. */
  readonly rotation: number;
  readonly colour: ColourTags;
  /** True if a picture consists of two fields, taken one after the other. */
  readonly isInterlaced: boolean;
  /** Average frames per second; absent if unknown. */
  readonly frameRate?: number;
  /** Ticks per second of the stream's own clock. */
  readonly timeBase?: number;
  /** Duration times frame rate: an estimate. */
  readonly frames?: number;
  /** The number of video tracks, cover art excluded. */
  readonly videoTracks: number;
  readonly hasAudio: boolean;
  readonly audioCodecs: readonly string[];
  /** Kinds of streams that are neither video nor sound, in lower case: `subtitle`, `data`, ... */
  readonly otherStreams: readonly string[];
  readonly hasChapters: boolean;
}

/** The full picture that ffmpeg makes from the source, as it prints it. */
export interface OutputPicture {
  readonly pixelFormat: string;
  readonly colour: ColourTags;
}

/** Parses what ffmpeg prints at level info when it opens its inputs and outputs, line by line. */
export interface InfoParser {
  read(line: string): void;
  /** Returns the source; undefined until an input with that video track has been described. */
  source(): SourceInfo | undefined;
  /** The number of video tracks that have been described, cover art excluded. */
  readonly videoTracks: number;
  /** True once an input has been described, with or without video. */
  readonly sawInput: boolean;
  /** The first output's first stream; absent until it has been described. */
  readonly output: OutputPicture | undefined;
}

interface VideoLine {
  codec: string;
  pixelFormat: string;
  colour: ColourTags;
  isInterlaced: boolean;
  width: number;
  height: number;
  pixelAspect: readonly [number, number];
  frameRate?: number;
  timeBase?: number;
}

/** Makes an empty parser, which describes one of the video tracks, counted from 1. */
export function createInfoParser(track = 1): InfoParser {
  let section: 'before' | 'input' | 'between' | 'output' = 'before';
  let container = '';
  let durationSeconds: number | undefined;
  let startSeconds = 0;
  let rotation = 0;
  let hasChapters = false;
  const videoTracks = new Set<string>();
  // A name that contains a line feed continues on the next line.
  let isNameOpen = false;
  let video: VideoLine | undefined;
  let streamIsVideo = false;
  let output: OutputPicture | undefined;
  const audioCodecs: string[] = [];
  const otherStreams: string[] = [];

  function readInput(line: string): void {
    const duration = /^ {2}Duration: (?:(\d+):(\d+):([\d.]+)|N\/A)(?:, start: (-?[\d.]+))?/.exec(line);
    if (duration) {
      if (duration[1]) durationSeconds = Number(duration[1]) * 3600 + Number(duration[2]) * 60 + Number(duration[3]);
      startSeconds = Number(duration[4] ?? 0);
      return;
    }
    if (/^\s+Chapter #?\d/.test(line)) hasChapters = true;
    const stream = /^\s+Stream #\d+:\d+.*?: (Video|Audio|\w+): (.*)$/.exec(line);
    if (stream) {
      const isTrack = stream[1] === 'Video' && !line.includes('(attached pic)');
      // Each program of a transport stream lists its tracks again.
      if (isTrack) videoTracks.add(/#\d+:\d+/.exec(line)![0]);
      streamIsVideo = isTrack && !video && videoTracks.size === track;
      if (streamIsVideo) video = parseVideo(stream[2]!);
      if (stream[1] === 'Audio') audioCodecs.push(/^\w+/.exec(stream[2]!)?.[0] ?? 'unknown');
      // In MP4 a text track without a codec holds the names of chapters.
      else if (stream[1] !== 'Video' && !/^bin_data \(text/.test(stream[2]!))
        otherStreams.push(stream[1]!.toLowerCase());
      return;
    }
    const turned = /^\s+display ?matrix: rotation of (-?[\d.]+) degrees/i.exec(line);
    if (turned && streamIsVideo) rotation = Number(turned[1]);
  }

  return {
    read(line) {
      const input = /^Input #0, (.*?), from /.exec(line);
      if (isNameOpen) isNameOpen = !line.endsWith("':");
      else if (input) {
        section = 'input';
        container = input[1]!;
        isNameOpen = !line.endsWith("':");
      } else if (/^Output #0, /.test(line)) section = 'output';
      else if (section === 'input' && !line.startsWith(' ')) section = 'between';
      else if (section === 'input') readInput(line);
      else if (section === 'output' && !output) {
        const stream = /^\s+Stream #0:0.*?: Video: (.*)$/.exec(line);
        const parsed = stream && parseVideo(stream[1]!);
        if (parsed) output = { pixelFormat: parsed.pixelFormat, colour: parsed.colour };
      }
    },
    source() {
      if (!video || section === 'before') return undefined;
      const lying = Math.abs(Math.round(rotation / 90)) % 2 === 1;
      const frames =
        durationSeconds !== undefined && video.frameRate ? Math.round(durationSeconds * video.frameRate) : undefined;
      return {
        container,
        ...(durationSeconds !== undefined && { durationSeconds }),
        startSeconds,
        ...video,
        ...(lying && {
          width: video.height,
          height: video.width,
          pixelAspect: [video.pixelAspect[1], video.pixelAspect[0]] as const,
        }),
        rotation,
        ...(frames !== undefined && { frames }),
        videoTracks: videoTracks.size,
        hasAudio: audioCodecs.length > 0,
        audioCodecs,
        otherStreams,
        hasChapters,
      };
    },
    get videoTracks() {
      return videoTracks.size;
    },
    get sawInput() {
      return section !== 'before';
    },
    get output() {
      return output;
    },
  };
}

/**
 * Parses the description of a video stream: `h264 (High) (avc1 / 0x31637661), yuv420p(tv, bt709, progressive), 960x540
 * [SAR 1:1 DAR 16:9], 25 fps, 25 tbr, 12800 tbn`.
 */
function parseVideo(text: string): VideoLine | undefined {
  const codec = /^\w+/.exec(text)?.[0] ?? 'unknown';
  const size = /, (\d+)x(\d+)(?=[\s,[]|$)/.exec(text);
  if (!size) return undefined;
  // The pixel format stands between the codec's own brackets and the size; its tags are in brackets that may contain
  // brackets.
  const before = text.slice(0, size.index);
  const format = /, (\w+)(?:\(((?:[^()]|\([^()]*\))*)\))?(?:, [^,()]*)*$/.exec(before);
  const aspect = /SAR (\d+):(\d+)/.exec(text);
  // A guess of thousands a second is the clock, which is repeated where ffmpeg has not looked at enough pictures.
  const frameRate = number(/([\d.]+)(k?) fps/.exec(text)) ?? number(/([\d.]+) tbr/.exec(text));
  const timeBase = number(/([\d.]+)(k?) tbn/.exec(text));
  return {
    codec,
    pixelFormat: format?.[1] ?? 'unknown',
    colour: parseColour(format?.[2] ?? ''),
    isInterlaced: /\b(?:top|bottom)\b.* first\b/.test(format?.[2] ?? ''),
    width: Number(size[1]),
    height: Number(size[2]),
    pixelAspect: aspect && Number(aspect[1]) > 0 ? [Number(aspect[1]), Number(aspect[2])] : [1, 1],
    ...(frameRate && { frameRate }),
    ...(timeBase && { timeBase }),
  };
}

function number(match: RegExpExecArray | null): number | undefined {
  return match ? Number(match[1]) * (match[2] === 'k' ? 1000 : 1) : undefined;
}

const matrices =
  /^(gbr|bt709|fcc|bt470bg|smpte170m|smpte240m|ycgco|bt2020nc|bt2020c|smpte2085|chroma-derived-n?c|ictcp|unknown|reserved)$/;

/**
 * Parses colour tags: `tv, smpte170m/smpte170m/bt709, progressive` has matrix, primaries and transfer, which are one
 * word if all three agree.
 */
function parseColour(tags: string): ColourTags {
  const colour: { range?: string; matrix?: string; primaries?: string; transfer?: string } = {};
  for (const tag of tags.split(', ')) {
    if (tag === 'tv' || tag === 'pc') colour.range = tag;
    const parts = tag.split('/');
    if (parts.length !== 3 && !matrices.test(tag)) continue;
    const [matrix, primaries, transfer] = parts.length === 3 ? parts : [tag, tag, tag];
    if (isKnown(matrix)) colour.matrix = matrix;
    if (isKnown(primaries)) colour.primaries = primaries;
    if (isKnown(transfer)) colour.transfer = transfer;
  }
  return colour;
}

function isKnown(name: string | undefined): name is string {
  return name !== undefined && name !== 'unknown' && name !== 'reserved';
}
