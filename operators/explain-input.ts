import { open } from 'node:fs/promises';
import { Failure } from '../model/failure.js';
import { type FfmpegEnd, howEnded, lastWords, withoutAddresses } from './ffmpeg.js';
import { redact } from './redact.js';
import { ASSUMED_FRAME_RATE, type InfoParser, type SourceInfo } from './source-info.js';

/** The causes by what ffmpeg printed, from the most to the least specific. */
const causes: readonly (readonly [RegExp, string, (input: string) => string])[] = [
  [/matches no streams/, 'INPUT_NO_VIDEO_STREAM', (input) => `Input ${input} has no video stream`],
  [
    /401 Unauthorized|403 Forbidden/,
    'INPUT_UNAUTHORIZED',
    (input) => `Input ${input} refused the user name or password`,
  ],
  [
    /Protocol not found/,
    'INPUT_NOT_FOUND',
    (input) => `Input ${input} has a scheme that this ffmpeg does not know (\`ffmpeg -protocols\` lists them)`,
  ],
  [/404 Not Found|Stream Not Found/, 'INPUT_NOT_FOUND', (input) => `Input ${input} has no such stream (404)`],
  [/Connection refused/, 'INPUT_REFUSED', (input) => `Input ${input} refused the connection: nothing listens there`],
  [
    /Connection timed out|No route to host|Network is unreachable|Failed to resolve|Operation timed out/,
    'INPUT_UNREACHABLE',
    (input) => `Input ${input} cannot be reached`,
  ],
  [
    /No such file or directory|no file with path|Could not find video device|Video device not found|Invalid device index/i,
    'INPUT_MISSING',
    (input) => `Input ${input} does not exist`,
  ],
  [/Device or resource busy/, 'INPUT_BUSY', (input) => `Input ${input} is in use by another program`],
  [
    /VIDIOC_QUERYCAP\): Inappropriate ioctl/,
    'INPUT_UNREADABLE',
    (input) => `Input ${input} is a device, and no camera`,
  ],
  [/Permission denied/, 'INPUT_UNREADABLE', (input) => `Input ${input} cannot be read: permission denied`],
  [
    /Invalid data found|could not find codec parameters|unknown format|Unable to find a suitable|Output file #?\d* ?does not contain|decoder .* not found/i,
    'INPUT_NOT_VIDEO',
    (input) => `Input ${input} is not a video or image that ffmpeg can read`,
  ],
];

/**
 * Explains that a source ends before the requested part; returns undefined if that is not why there is no frame.
 *
 * @param isClean Whether ffmpeg ended well and reported no damage.
 */
export function explainStart(
  name: string,
  startSeconds: number | undefined,
  info: SourceInfo | undefined,
  isClean: boolean,
): Failure | undefined {
  const length = info?.durationSeconds;
  if (!startSeconds || length === undefined) return undefined;
  const what = `Input ${redact(name)} is ${length.toFixed(2)} s long, and`;
  if (startSeconds >= length) {
    return new Failure('INPUT_TOO_SHORT', `${what} over before ${startSeconds} s, where it was to begin`);
  }
  // Its last frame begins before that time, and is shown beyond it.
  return isClean ? new Failure('INPUT_TOO_SHORT', `${what} has no frame after ${startSeconds} s`) : undefined;
}

/** Explains why ffmpeg gave no frame at all, given what it said of the input. */
export async function explainNoFrames(
  input: string,
  end: FfmpegEnd,
  { sawInput, source, videoTracks }: Pick<InfoParser, 'sawInput' | 'source' | 'videoTracks'>,
): Promise<Failure> {
  const name = input === '-' ? 'on standard input' : redact(input);
  const text = end.log.join('\n');
  // ffmpeg 5 cannot seek back on a pipe, and calls that a partial file.
  const isLate =
    text.includes('moov atom not found') || /\[mov,mp4[^\]]*\] stream \d+, offset 0x[0-9a-f]+: partial file/.test(text);
  if (isLate) {
    if (input === '-') {
      const hint = 'write it with -movflags +faststart, or give the file by name';
      return new Failure('INPUT_NOT_VIDEO', `Input ${name} is an MP4 whose index (moov) does not come first: ${hint}`);
    }
    const head = await firstBytes(input);
    const brand = head.slice(4, 8) === 'ftyp' ? head.slice(8, 12) : '';
    if (/^(?:avif|avis|heic|heix|hevc|mif1|msf1)$/.test(brand)) {
      const reason = 'an AVIF or HEIC picture, which this ffmpeg cannot read: convert it';
      return new Failure('INPUT_NOT_VIDEO', `Input ${name} is ${reason}`);
    }
    if (['ftyp', 'moov', 'mdat', 'free', 'wide'].includes(head.slice(4, 8))) {
      const reason = 'it was cut off while it was written or copied';
      return new Failure('INPUT_TRUNCATED', `Input ${name} is an MP4 without its index (moov): ${reason}`);
    }
  }
  if (/matches no streams/.test(text) && videoTracks > 0) {
    const tracks = videoTracks === 1 ? 'one video track' : `${videoTracks} video tracks`;
    return new Failure('INPUT_NO_VIDEO_STREAM', `Input ${name} has ${tracks}, and not the one that was asked for`);
  }
  const cause = causes.find(([pattern]) => pattern.test(text));
  // ffmpeg says the same of a server that takes the connection and is silent (a frozen camera) as of bytes that are no RTSP.
  const isRtsp = /^rtsps?:/i.test(input) || /Impossible to open 'rtsps?:/i.test(text);
  if (cause?.[1] === 'INPUT_NOT_VIDEO' && !sawInput && isRtsp) {
    return new Failure(
      'INPUT_UNREACHABLE',
      `Input ${name} takes the connection, but does not answer as an RTSP server`,
    );
  }
  if (cause) return new Failure(cause[1], cause[2](name));
  if (end.signal || (end.code !== 0 && !sawInput)) return explainDeath(name, end, 0);
  // With the options of a live source ffmpeg throws away what it has probed, which of a snapshot is all.
  if (/^\w+_pipe\b/.test(source()?.container ?? '')) {
    return new Failure('INPUT_NOT_VIDEO', `Input ${name} is one picture, and no stream`);
  }
  return new Failure('INPUT_NOT_VIDEO', `Input ${name} gave no frame${lastWords(end)}`);
}

/** The first bytes of a file as text: ffmpeg trusts a name that ends in .mp4, whatever the bytes are. */
async function firstBytes(path: string): Promise<string> {
  try {
    const file = await open(path);
    try {
      const { buffer } = await file.read(Buffer.alloc(12), 0, 12, 0);
      return buffer.toString('latin1');
    } finally {
      await file.close();
    }
  } catch {
    return '';
  }
}

/** Explains that ffmpeg ended by itself in the middle. */
export function explainDeath(name: string, end: FfmpegEnd, frames: number): Failure {
  return new Failure(
    'FFMPEG_DIED',
    `ffmpeg ${howEnded(end)} after ${frames} frames of ${redact(name)}${lastWords(end)}`,
  );
}

const damage =
  /overread|partial file|ended prematurely|Error while decoding|Decoding error|error while decoding|Invalid NAL|corrupt|Truncat|truncat|Error submitting packet|Invalid data found|concealing|no frame!|non-existing [SP]PS/;

/** True for a line in which ffmpeg reports damaged or missing data; it goes on, and exits with 0. */
export function isDamage(line: string): boolean {
  return damage.test(line);
}

/** The result of a decoder that has reached its end. */
export interface Decoded {
  readonly input: string;
  readonly info: SourceInfo | undefined;
  /** False if only a part was requested. */
  readonly isWhole: boolean;
  readonly frames: number;
  readonly lastPtsUs: number;
  readonly damage: { readonly count: number; readonly first: string };
}

/**
 * Explains what is missing of a source that was decoded, expected against received: `INPUT_TRUNCATED`, or
 * `SOUND_LONGER` if the sound may simply be longer. Returns undefined if nothing is missing.
 */
export function explainLoss({
  input,
  info,
  isWhole,
  frames,
  lastPtsUs,
  damage,
}: Decoded): { readonly code: string; readonly message: string } | undefined {
  const expectedSeconds = isWhole ? info?.durationSeconds : undefined;
  const gotSeconds = lastPtsUs / 1e6 - (info?.startSeconds ?? 0) + 1 / (info?.frameRate ?? ASSUMED_FRAME_RATE);
  // Sound is often longer than the picture: without damage only a large missing part deserves a warning.
  const isShort = expectedSeconds !== undefined && expectedSeconds - gotSeconds > Math.max(1, expectedSeconds / 20);
  if (!isShort && damage.count === 0) return undefined;
  const of = isWhole && info?.frames && info.frames > frames ? ` of about ${info.frames}` : '';
  if (damage.count === 0 && info?.hasAudio) {
    const message = `Input ${redact(input)} has pictures for ${gotSeconds.toFixed(1)} s of its ${expectedSeconds!.toFixed(1)} s: its sound is longer, or it was cut off`;
    return { code: 'SOUND_LONGER', message };
  }
  const seconds = isShort ? `, ${gotSeconds.toFixed(1)} s of ${expectedSeconds.toFixed(1)} s` : '';
  const reports =
    damage.count > 0
      ? `. ffmpeg reports ${damage.count === 1 ? 'an error' : `${damage.count} errors, the first`}: ${withoutAddresses(damage.first)}`
      : '';
  const message = `Input ${redact(input)} is damaged or cut off: ${frames}${of} ${frames === 1 ? 'frame was' : 'frames were'} decoded${seconds}${reports}`;
  return { code: 'INPUT_TRUNCATED', message };
}
