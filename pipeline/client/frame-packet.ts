import type { Codec, EncodedPart, PicturePart } from '../../operators/encode-parts.js';

export type { Codec, EncodedPart };

/** A decoded binary frame. Times are in µs: `capturedUs` since 1970 by the server's clock, `ptsUs` in the source's time. */
export interface FramePacket {
  readonly stream: number;
  /** How often the source was restarted before this frame. */
  readonly epoch: number;
  /** The number of the frame in the stream since the server's start, from 0; gaps are frames not sent to this client. */
  readonly seq: number;
  /** When the decoder delivered the last byte of the frame. */
  readonly capturedUs: number;
  readonly ptsUs: number;
  /** How old the frame was when the server sent it, by its own clock. */
  readonly ageUs: number;
  /** Frames of this stream that were not sent to this client since the previous one. */
  readonly skipped: number;
  /** The time of each step; `wait` is the rest of `ageUs`. */
  readonly stepUs: {
    readonly decode: number;
    readonly wait: number;
    readonly segment: number;
    readonly encode: number;
  };
  /** The size of `mask`, whether or not it is included. */
  readonly maskWidth: number;
  readonly maskHeight: number;
  /** The size at which to show the picture, upright with square pixels; parts may have fewer pixels and another aspect. */
  readonly displayWidth: number;
  readonly displayHeight: number;
  readonly parts: readonly EncodedPart[];
}

const FRAME_MESSAGE = 1;
const HEADER_BYTES = 72;
const PART_HEADER_BYTES = 8;
const KINDS: readonly PicturePart[] = ['source', 'mask', 'overlay', 'picture'];
const CODECS: readonly Codec[] = ['jpeg', 'deflate-raw'];

/** Encodes a frame as the binary message of `PROTOCOL.md`. */
export function packFrame(frame: FramePacket): Uint8Array {
  const length = frame.parts.reduce((sum, part) => sum + PART_HEADER_BYTES + part.data.length, HEADER_BYTES);
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, FRAME_MESSAGE);
  view.setUint8(1, frame.parts.length);
  view.setUint16(2, HEADER_BYTES, true);
  view.setUint16(4, frame.stream, true);
  view.setUint32(8, frame.epoch, true);
  view.setUint32(12, frame.seq, true);
  view.setBigUint64(16, BigInt(Math.round(frame.capturedUs)), true);
  view.setBigInt64(24, BigInt(Math.round(frame.ptsUs)), true);
  view.setUint32(32, clampUint32(frame.ageUs), true);
  view.setUint32(36, clampUint32(frame.skipped), true);
  view.setUint32(40, clampUint32(frame.stepUs.decode), true);
  view.setUint32(44, clampUint32(frame.stepUs.wait), true);
  view.setUint32(48, clampUint32(frame.stepUs.segment), true);
  view.setUint32(52, clampUint32(frame.stepUs.encode), true);
  view.setUint16(56, frame.maskWidth, true);
  view.setUint16(58, frame.maskHeight, true);
  view.setUint16(60, frame.displayWidth, true);
  view.setUint16(62, frame.displayHeight, true);
  let offset = HEADER_BYTES;
  for (const part of frame.parts) {
    view.setUint8(offset, KINDS.indexOf(part.kind) + 1);
    view.setUint8(offset + 1, CODECS.indexOf(part.codec) + 1);
    view.setUint32(offset + 4, part.data.length, true);
    bytes.set(part.data, offset + PART_HEADER_BYTES);
    offset += PART_HEADER_BYTES + part.data.length;
  }
  return bytes;
}

/**
 * Decodes a binary message. Parts are views of it; parts of an unknown kind or codec are left out.
 *
 * @throws `RangeError` if the message is not a frame or is truncated.
 */
export function unpackFrame(message: Uint8Array): FramePacket {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  if (message.length < HEADER_BYTES || view.getUint8(0) !== FRAME_MESSAGE) {
    throw new RangeError(`Expected a frame message of at least ${HEADER_BYTES} bytes, got ${message.length} bytes`);
  }
  const parts: EncodedPart[] = [];
  // A later version may have a longer header, whose end is skipped.
  let offset = view.getUint16(2, true);
  if (offset < HEADER_BYTES) throw new RangeError(`Expected a header of at least ${HEADER_BYTES} bytes, got ${offset}`);
  for (let index = 0; index < view.getUint8(1); index++) {
    const start = offset + PART_HEADER_BYTES;
    const end = start <= message.length ? start + view.getUint32(offset + 4, true) : Number.POSITIVE_INFINITY;
    if (end > message.length) throw new RangeError(`Part ${index} of a frame ends beyond the message`);
    const kind = KINDS[view.getUint8(offset) - 1];
    const codec = CODECS[view.getUint8(offset + 1) - 1];
    if (kind && codec) parts.push({ kind, codec, data: message.subarray(start, end) });
    offset = end;
  }
  return {
    stream: view.getUint16(4, true),
    epoch: view.getUint32(8, true),
    seq: view.getUint32(12, true),
    capturedUs: Number(view.getBigUint64(16, true)),
    ptsUs: Number(view.getBigInt64(24, true)),
    ageUs: view.getUint32(32, true),
    skipped: view.getUint32(36, true),
    stepUs: {
      decode: view.getUint32(40, true),
      wait: view.getUint32(44, true),
      segment: view.getUint32(48, true),
      encode: view.getUint32(52, true),
    },
    maskWidth: view.getUint16(56, true),
    maskHeight: view.getUint16(58, true),
    displayWidth: view.getUint16(60, true),
    displayHeight: view.getUint16(62, true),
    parts,
  };
}

function clampUint32(value: number): number {
  return Math.min(Math.max(Math.round(value), 0), 0xffffffff);
}
