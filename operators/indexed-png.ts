import { promisify } from 'node:util';
import { deflate } from 'node:zlib';
import type { ClassLabel, ClassMask } from '../model/engine.js';

const deflateAsync = promisify(deflate);

/**
 * Encodes a mask as a palette PNG: each pixel's value is its class index, and viewers show the class's colour. Written
 * here because image libraries choose their own palette, and with it other indices.
 *
 * https://www.w3.org/TR/png-3/, colour type 3, 8 bits, no row filter: runs of equal bytes deflate best as they are.
 */
export async function encodeIndexedPng(mask: ClassMask, classes: readonly ClassLabel[]): Promise<Buffer> {
  const { width, height, data } = mask;
  const rows = new Uint8Array((width + 1) * height);
  for (let y = 0; y < height; y++) rows.set(data.subarray(y * width, (y + 1) * width), y * (width + 1) + 1);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3, 0, 0, 0], 8);
  // All 256 entries: a pixel of no class is 255 (void), and black.
  const palette = Buffer.alloc(3 * 256);
  for (const [index, { colour }] of classes.entries()) palette.set(colour, index * 3);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('PLTE', palette),
    chunk('IDAT', await deflateAsync(rows, { level: 3 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, content: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(content.length, 0);
  out.set(body, 4);
  out.writeUInt32BE(crc32(body), body.length + 4);
  return out;
}

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value >>> 0;
});

/** PNG's CRC-32, least significant bit first; node:zlib has one only from Node 20.15 on. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ crcTable[(crc ^ byte) & 255]!;
  return ~crc >>> 0;
}
