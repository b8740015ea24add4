import { Failure } from '../model/failure.js';
import { fileId, flags, startcodes } from './nut-format.js';
import { takePictureBytes } from './picture-memory.js';

/** A video stream, as its NUT header describes it. */
export interface NutStream {
  readonly width: number;
  readonly height: number;
  /** [0, 0] if the source does not say. */
  readonly pixelAspect: readonly [number, number];
  readonly fourcc: string;
  /** The length of a tick, seconds: numerator and denominator. */
  readonly timeBase: readonly [number, number];
}

/** The callbacks of a reader. */
export interface NutSink {
  /** Called once, before the first frame. */
  onStreams(streams: readonly NutStream[]): void;
  /** Called with each frame. `data` belongs to the callee: exactly one frame in a buffer that nothing else holds. */
  onFrame(stream: number, ptsUs: number, data: Uint8Array): void;
}

interface FrameCode {
  readonly flags: number;
  readonly stream: number;
  readonly sizeMul: number;
  readonly sizeLsb: number;
  readonly ptsDelta: number;
  readonly reserved: number;
  readonly headerIndex: number;
}

interface StreamState extends NutStream {
  readonly msbPtsShift: number;
  lastPts: number;
}

/** Thrown internally while a header is incomplete. */
const incomplete = Symbol('incomplete');

/** Headers are tens to hundreds of bytes; a longer one means that we have lost our place. */
const longestHeader = 1 << 20;

/**
 * Makes a reader of NUT; `push` takes chunks of any size. It reads what ffmpeg writes for raw video: any number of
 * streams, elided headers and every frame code, but not side data, which raw video never has. A frame's bytes are
 * copied once, from the chunk into their final buffer.
 *
 * @throws `Failure` `FFMPEG_DIED` from `push` for bytes that are not NUT.
 */
export function createNutReader(sink: NutSink): { push(chunk: Uint8Array): void } {
  let waiting: Buffer = Buffer.alloc(0);
  let frame: { stream: number; ptsUs: number; data: Uint8Array; filled: number } | undefined;
  let started = false;
  let announced = false;
  let timeBases: [number, number][] = [];
  let codes: FrameCode[] = [];
  let elided: Uint8Array[] = [];
  const streams: StreamState[] = [];

  // A cursor over `bytes`; a read past the end is undone as a whole and repeated with more bytes.
  let bytes: Buffer = waiting;
  let at = 0;

  const need = (count: number): number => {
    const start = at;
    if (start + count > bytes.length) throw incomplete;
    at += count;
    return start;
  };
  const u8 = () => bytes[need(1)]!;
  const v = (): number => {
    let value = 0;
    for (;;) {
      const byte = u8();
      // Not shifts: values exceed 32 bits, and stay far below 2 ** 53.
      value = value * 128 + (byte & 127);
      if (byte < 128) return value;
    }
  };
  const s = (): number => {
    const value = v() + 1;
    return value % 2 === 1 ? -(value - 1) / 2 : value / 2;
  };
  const vb = (): Buffer => {
    const length = v();
    const start = need(length);
    return bytes.subarray(start, start + length);
  };

  function readMainHeader(): void {
    const version = v();
    if (version !== 3 && version !== 4) throw notNut(`version ${version}`);
    if (version > 3) v();
    v(); // stream count
    v(); // max distance
    timeBases = Array.from({ length: v() }, () => [v(), v()]);
    codes = [];
    let [ptsDelta, sizeMul, stream, headerIndex] = [0, 1, 0, 0];
    while (codes.length < 256) {
      const codeFlags = v();
      const fields = v();
      if (fields > 0) ptsDelta = s();
      if (fields > 1) sizeMul = v();
      if (fields > 2) stream = v();
      const sizeLsb = fields > 3 ? v() : 0;
      const reserved = fields > 4 ? v() : 0;
      const count = fields > 5 ? v() : sizeMul - sizeLsb;
      if (fields > 6) s(); // match time
      if (fields > 7) headerIndex = v();
      for (let field = 8; field < fields; field++) v();
      for (let j = 0; j < count && codes.length < 256; ) {
        const isN = codes.length === 0x4e;
        codes.push({
          flags: isN ? flags.invalid : codeFlags,
          stream,
          sizeMul,
          sizeLsb: sizeLsb + j,
          ptsDelta,
          reserved,
          headerIndex,
        });
        if (!isN) j++;
      }
    }
    elided = [new Uint8Array(0)];
    for (let count = v(); count > 0; count--) elided.push(Uint8Array.from(vb()));
  }

  function readStreamHeader(): void {
    const id = v();
    const kind = v();
    const fourcc = vb().toString('latin1');
    const timeBase = timeBases[v()];
    const msbPtsShift = v();
    v(); // max pts distance
    v(); // decode delay
    v(); // stream flags
    vb(); // codec specific data
    if (kind !== 0 || !timeBase) throw notNut(`stream ${id} of kind ${kind}`);
    const [width, height, sampleWidth, sampleHeight] = [v(), v(), v(), v()];
    streams[id] = {
      width,
      height,
      pixelAspect: [sampleWidth, sampleHeight],
      fourcc,
      timeBase,
      msbPtsShift,
      lastPts: 0,
    };
  }

  function readSyncpoint(): void {
    const value = v();
    const [num, den] = timeBases[value % timeBases.length]!;
    const ticks = BigInt(Math.floor(value / timeBases.length));
    for (const stream of streams) {
      const [ownNum, ownDen] = stream.timeBase;
      stream.lastPts = Number((ticks * BigInt(num) * BigInt(ownDen)) / (BigInt(den) * BigInt(ownNum)));
    }
  }

  function readPacket(): void {
    const code = bytes.readBigUInt64BE(need(8));
    const length = v();
    if (length > longestHeader) throw notNut(`a header of ${length} bytes`);
    if (length > 4096) need(4);
    const start = need(length);
    const end = at;
    at = start;
    if (code === startcodes.main) readMainHeader();
    else if (code === startcodes.stream) readStreamHeader();
    else if (code === startcodes.syncpoint) readSyncpoint();
    else if (code !== startcodes.info && code !== startcodes.index) throw notNut(`startcode ${code.toString(16)}`);
    at = end;
  }

  function readFrameHeader(): void {
    const code = codes[u8()];
    if (!code || code.flags & flags.invalid) throw notNut('an invalid frame code');
    const frameFlags = code.flags & flags.coded ? code.flags ^ v() : code.flags;
    const id = frameFlags & flags.streamId ? v() : code.stream;
    const stream = streams[id];
    if (!stream) throw notNut(`a frame of stream ${id}`);
    let pts = stream.lastPts + code.ptsDelta;
    if (frameFlags & flags.codedPts) {
      const coded = v();
      const full = 2 ** stream.msbPtsShift;
      if (coded >= full) pts = coded - full;
      else {
        const lowest = stream.lastPts - Math.floor((full - 1) / 2);
        pts = ((((coded - lowest) % full) + full) % full) + lowest;
      }
    }
    let size = code.sizeLsb;
    if (frameFlags & flags.sizeMsb) size += v() * code.sizeMul;
    if (frameFlags & flags.matchTime) s();
    let headerIndex = frameFlags & flags.headerIndex ? v() : code.headerIndex;
    let reserved = frameFlags & flags.reserved ? v() : code.reserved;
    for (; reserved > 0; reserved--) v();
    if (frameFlags & flags.checksum) need(4);
    if (frameFlags & flags.sideData) throw notNut('side data');
    if (size > 4096) headerIndex = 0;
    stream.lastPts = pts;
    const head = elided[headerIndex]!;
    const data = takePictureBytes(size);
    data.set(head);
    const [num, den] = stream.timeBase;
    // A tick of 1/1000000, which is ffmpeg's here, needs no rounding.
    const ptsUs = den === 1_000_000 ? pts * num : Math.round((pts * num * 1_000_000) / den);
    frame = { stream: id, ptsUs, data, filled: head.length };
  }

  function readHeader(): void {
    if (!started) {
      const start = need(fileId.length);
      if (!bytes.subarray(start, at).equals(fileId)) throw notNut('another beginning');
      started = true;
    } else if (bytes[at] === 0x4e) readPacket();
    else {
      if (!announced) {
        announced = true;
        sink.onStreams(streams);
      }
      readFrameHeader();
    }
  }

  return {
    push(chunk) {
      const own = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      bytes = waiting.length > 0 ? Buffer.concat([waiting, own]) : own;
      at = 0;
      for (;;) {
        if (frame) {
          const { data, filled } = frame;
          const count = Math.min(data.length - filled, bytes.length - at);
          data.set(bytes.subarray(at, at + count), filled);
          frame.filled += count;
          at += count;
          if (frame.filled < data.length) break;
          const { stream, ptsUs } = frame;
          frame = undefined;
          sink.onFrame(stream, ptsUs, data);
        }
        if (at === bytes.length) break;
        const start = at;
        try {
          readHeader();
        } catch (error) {
          if (error !== incomplete) throw error;
          at = start;
          break;
        }
      }
      // Only an unfinished header is kept, a copy of a few bytes; never the chunk that it came in.
      waiting = Buffer.from(bytes.subarray(at));
      bytes = waiting;
    },
  };
}

function notNut(what: string): Failure {
  return new Failure('FFMPEG_DIED', `ffmpeg was expected to write NUT, and wrote something else (${what})`);
}
