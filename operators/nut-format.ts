import type { SampleFormat } from './frame.js';

/**
 * Constants that the NUT reader and writer share. NUT is the container in which raw frames travel between ffmpeg and
 * us, each with its exact time. https://ffmpeg.org/~michael/nut.txt (NUT Open Container Format, version 3).
 */

/** The first bytes of a file, including the final zero. */
export const fileId = Buffer.from('nut/multimedia container\0', 'latin1');

/** The eight bytes that begin each packet other than a frame. All start with `N`, which is therefore not a frame code. */
export const startcodes = {
  main: 0x4e4d7a561f5f04adn,
  stream: 0x4e5311405bf2f9dbn,
  syncpoint: 0x4e4be4adeeca4569n,
  index: 0x4e58dd672f23e64en,
  info: 0x4e49ab68b596ba78n,
} as const;

/** Bits of a frame's flags. */
export const flags = {
  key: 1,
  codedPts: 8,
  streamId: 16,
  sizeMsb: 32,
  checksum: 64,
  reserved: 128,
  sideData: 256,
  headerIndex: 1024,
  matchTime: 2048,
  coded: 4096,
  invalid: 8192,
} as const;

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte << 24;
  for (let bit = 0; bit < 8; bit++) value = value & 0x80000000 ? (value << 1) ^ 0x04c11db7 : value << 1;
  return value >>> 0;
});

/** The checksum of headers: CRC-32 with polynomial 0x04C11DB7, most significant bit first, starting from 0. */
export function crc32(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) crc = ((crc << 8) ^ crcTable[(crc >>> 24) ^ byte]!) >>> 0;
  return crc;
}

/** The fourcc by which ffmpeg's rawvideo knows each sample format. */
export const fourccs: Readonly<Record<SampleFormat, string>> = { yuv420p: 'I420', rgb24: 'RGB\x18', gray: 'Y800' };

/** Added to every timestamp that goes through a pipe and subtracted again after it, because NUT has no negative ones, µs. */
export const nutOffsetUs = 1_000_000_000;
