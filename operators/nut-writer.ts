import type { SampleFormat } from './frame.js';
import { crc32, fileId, flags, fourccs, startcodes } from './nut-format.js';

/** The one stream of raw video that is written. */
export interface NutVideo {
  readonly format: SampleFormat;
  readonly width: number;
  readonly height: number;
  readonly pixelAspect: readonly [number, number];
  /** Frames per second as a fraction, [30000, 1001]; for the encoder's rate control alone, as frames have their own times. */
  readonly frameRate: readonly [number, number];
}

/** Writes what precedes the first frame and each frame; the bytes of frames are written as they are. */
export interface NutWriter {
  readonly head: Uint8Array;
  /** Returns what precedes a frame of `size` bytes. `ptsUs` must not be negative. */
  frameHead(ptsUs: number, size: number): Uint8Array;
}

/** A clock of a million ticks per second. */
const timeBase = [1, 1_000_000] as const;
const msbPtsShift = 7;

/** Encodes a variable-length number: seven bits per byte, most significant first, the high bit set on all but the last. */
function v(value: number): number[] {
  const bytes = [value % 128];
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) bytes.unshift((rest % 128) | 128);
  return bytes;
}

function s(value: number): number[] {
  return v(value > 0 ? 2 * value - 1 : -2 * value);
}

function vb(text: string): number[] {
  return [...v(text.length), ...Buffer.from(text, 'latin1')];
}

function u32(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
}

function packet(code: bigint, content: readonly number[]): Buffer {
  const start = Buffer.alloc(8);
  start.writeBigUInt64BE(code);
  const checksum = u32(crc32(Uint8Array.from(content)));
  return Buffer.concat([start, Buffer.from([...v(content.length + 4), ...content, ...checksum])]);
}

/**
 * Makes a writer of NUT with one raw video stream. Every frame gets a synchronisation point and all its fields: 30
 * bytes, which do not matter beside a frame of megabytes.
 */
export function createNutWriter(video: NutVideo): NutWriter {
  const main = [
    ...[...v(3), ...v(1), ...v(65536)], // version, streams, longest distance between synchronisation points
    ...[...v(1), ...v(timeBase[0]), ...v(timeBase[1])],
    // Frame code 0 leaves all to the frame itself; the other 254 are not used.
    ...[...v(flags.coded), ...v(6), ...s(0), ...v(1), ...v(0), ...v(0), ...v(0), ...v(1)],
    ...[...v(flags.invalid), ...v(6), ...s(0), ...v(1), ...v(0), ...v(0), ...v(0), ...v(254)],
    ...v(0), // no elided headers
  ];
  const stream = [
    ...[...v(0), ...v(0), ...vb(fourccs[video.format]), ...v(0)], // number, kind: video, format, time base
    ...[...v(msbPtsShift), ...v(65536), ...v(0), ...v(1), ...vb('')], // longest step, no reordering, fixed rate unknown
    ...[...v(video.width), ...v(video.height), ...v(video.pixelAspect[0]), ...v(video.pixelAspect[1]), ...v(0)],
  ];
  const info = [
    ...[...v(1), ...s(0), ...v(0), ...v(0), ...v(1)], // stream 0, no chapter, one entry
    ...[...vb('r_frame_rate'), ...s(-1), ...vb(video.frameRate.join('/'))],
  ];
  const head = Buffer.concat([
    fileId,
    packet(startcodes.main, main),
    packet(startcodes.stream, stream),
    packet(startcodes.info, info),
  ]);
  return {
    head,
    frameHead(ptsUs, size) {
      const point = packet(startcodes.syncpoint, [...v(ptsUs), ...v(0)]);
      const frameFlags = flags.key | flags.codedPts | flags.sizeMsb | flags.checksum;
      // The synchronisation point has the full time, so its last bits suffice here; ffmpeg 4 would cut it to 32 bits.
      const header = [0, ...v(frameFlags), ...v(ptsUs % 2 ** msbPtsShift), ...v(size)];
      return Buffer.concat([point, Buffer.from([...header, ...u32(crc32(Uint8Array.from(header)))])]);
    },
  };
}
