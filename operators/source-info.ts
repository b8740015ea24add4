import type { ColourTags } from './frame.js';

/** Frames a second of a source that does not say. */
export const ASSUMED_FRAME_RATE = 25;

/** What a source is, as ffmpeg described it on opening it. */
export interface SourceInfo {
  /** ffmpeg's name of the container: `mov,mp4,m4a,3gp,3g2,mj2`, `matroska,webm`, `rtsp`, ... */
  readonly container: string;
  /** Absent for streams and raw files. */
  readonly durationSeconds?: number;
  /** The first time stamp of the container. */
  readonly startSeconds: number;
  readonly codec: string;
  readonly pixelFormat: string;
  /** Upright: after rotation. */
  readonly width: number;
  readonly height: number;
  readonly pixelAspect: readonly [number, number];
  /** Degrees anticlockwise by which the picture is turned to stand upright. */
  readonly rotation: number;
  readonly colour: ColourTags;
  /** True where two fields, one after the other in time, share a picture. */
  readonly isInterlaced: boolean;
  /** Frames a second on average; absent where nothing is known. */
  readonly frameRate?: number;
  /** Ticks a second of the stream's own clock. */
  readonly timeBase?: number;
  /** Duration by frame rate: an estimate. */
  readonly frames?: number;
  /** How many there are beside cover pictures; the first is decoded. */
  readonly videoTracks: number;
  readonly hasAudio: boolean;
  readonly audioCodecs: readonly string[];
  /** Kinds of streams that are neither video nor sound, in small letters: `subtitle`, `data`, ... */
  readonly otherStreams: readonly string[];
  readonly hasChapters: boolean;
}

/** What the output lines say of the full picture that ffmpeg makes of the source. */
export interface OutputPicture {
  readonly pixelFormat: string;
  readonly colour: ColourTags;
}

/** Collects what ffmpeg prints at level info when it opens its inputs and outputs, line by line. */
export interface InfoParser {
  read(line: string): void;
  /** Absent until an input with a video stream was described in full, which the first line after it shows. */
  source(): SourceInfo | undefined;
  /** True once an input was described, with video or without. */
  readonly sawInput: boolean;
  /** The first output's first stream; absent until then. */
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

/** Makes a parser that has read nothing. */
export function createInfoParser(): InfoParser {
  let section: 'before' | 'input' | 'between' | 'output' = 'before';
  let container = '';
  let durationSeconds: number | undefined;
  let startSeconds = 0;
  let rotation = 0;
  let hasChapters = false;
  const videoTracks = new Set<string>();
  // A name with a line feed in it goes on in the next line.
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
      // Of a transport stream each program lists its own.
      if (isTrack) videoTracks.add(/#\d+:\d+/.exec(line)![0]);
      streamIsVideo = isTrack && !video;
      if (streamIsVideo) video = parseVideo(stream[2]!);
      if (stream[1] === 'Audio') audioCodecs.push(/^\w+/.exec(stream[2]!)?.[0] ?? 'unknown');
      // In MP4 a track of text without a codec holds the chapters' names.
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
    get sawInput() {
      return section !== 'before';
    },
    get output() {
      return output;
    },
  };
}

/** `h264 (High) (avc1 / 0x31637661), yuv420p(tv, bt709, progressive), 960x540 [SAR 1:1 DAR 16:9], 25 fps, 25 tbr, 12800 tbn` */
function parseVideo(text: string): VideoLine | undefined {
  const codec = /^\w+/.exec(text)?.[0] ?? 'unknown';
  const size = /, (\d+)x(\d+)(?=[\s,[]|$)/.exec(text);
  if (!size) return undefined;
  // Between the codec's own brackets and the size: the pixel format, with its tags in brackets that may hold brackets.
  const before = text.slice(0, size.index);
  const format = /, (\w+)(?:\(((?:[^()]|\([^()]*\))*)\))?(?:, [^,()]*)*$/.exec(before);
  const aspect = /SAR (\d+):(\d+)/.exec(text);
  const frameRate = number(/([\d.]+)(k?) fps/.exec(text)) ?? number(/([\d.]+)(k?) tbr/.exec(text));
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

/** `tv, smpte170m/smpte170m/bt709, progressive`: matrix, primaries and transfer, or one word where all three agree. */
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
