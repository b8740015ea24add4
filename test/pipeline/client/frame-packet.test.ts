import t from 'tap';
import { type FramePacket, packFrame, unpackFrame } from '../../../pipeline/client/frame-packet.js';

const frame: FramePacket = {
  stream: 3,
  epoch: 7,
  seq: 4_000_000_000,
  capturedUs: 1_795_000_000_123_456,
  ptsUs: -40_000,
  ageUs: 45_678,
  skipped: 2,
  stepUs: { decode: 3_100, wait: 900, segment: 40_200, encode: 4_000 },
  maskWidth: 480,
  maskHeight: 270,
  displayWidth: 1920,
  displayHeight: 1080,
  parts: [
    { kind: 'source', codec: 'jpeg', data: new Uint8Array([255, 216, 1, 2, 3]) },
    { kind: 'mask', codec: 'deflate-raw', data: new Uint8Array(0) },
  ],
};

t.test('a frame comes out as it went in', async (t) => {
  t.same(unpackFrame(packFrame(frame)), frame);
  t.same(unpackFrame(packFrame({ ...frame, parts: [] })).parts, []);
});

t.test('a frame inside a larger buffer is read at its own place', async (t) => {
  const bytes = packFrame(frame);
  const larger = new Uint8Array(bytes.length + 10);
  larger.set(bytes, 5);
  t.same(unpackFrame(larger.subarray(5, 5 + bytes.length)), frame);
});

t.test('a longer header and unknown parts of a later version are skipped', async (t) => {
  const bytes = packFrame(frame);
  const later = new Uint8Array(bytes.length + 8 + 9);
  later.set(bytes.subarray(0, 72));
  new DataView(later.buffer).setUint16(2, 80, true);
  later[1] = 3;
  later.set(bytes.subarray(72), 80);
  later.set([99, 1, 0, 0, 1, 0, 0, 0, 42], bytes.length + 8);
  t.same(unpackFrame(later), frame);
});

t.test('what is cut off anywhere is refused, never read beyond', async (t) => {
  const bytes = packFrame(frame);
  for (let length = 0; length < bytes.length; length++) {
    t.throws(() => unpackFrame(bytes.subarray(0, length)), RangeError, `${length} bytes`);
  }
});

t.test('what is no frame is refused', async (t) => {
  const bytes = packFrame(frame);
  bytes[0] = 2;
  t.throws(() => unpackFrame(bytes), RangeError);
  const short = packFrame(frame);
  new DataView(short.buffer).setUint16(2, 8, true);
  t.throws(() => unpackFrame(short), RangeError);
});

t.test('durations that no field holds are clamped', async (t) => {
  const { ageUs, skipped } = unpackFrame(packFrame({ ...frame, ageUs: 1e15, skipped: -3 }));
  t.equal(ageUs, 0xffffffff);
  t.equal(skipped, 0);
});
