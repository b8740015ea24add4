import { lastValueFrom, of, toArray } from 'rxjs';
import t from 'tap';
import type { Frame } from '../../operators/frame.js';
import { createGate } from '../../operators/gate.js';
import { givePictureBytes, recycle, takePictureBytes } from '../../operators/picture-memory.js';

t.test('what was given back is used again, for the same size alone, and once', async (t) => {
  const first = takePictureBytes(1001);
  t.equal(first.length, 1001);
  t.ok(first.buffer instanceof SharedArrayBuffer);
  givePictureBytes(first);
  givePictureBytes(first);
  t.not(takePictureBytes(1002), first);
  t.equal(takePictureBytes(1001), first);
  t.not(takePictureBytes(1001), first, 'given back twice, it is there once');
});

t.test('memory of another origin is left alone', async (t) => {
  const own = new Uint8Array(1003);
  givePictureBytes(own);
  t.not(takePictureBytes(1003), own);
});

t.test('a size that nobody asks for any more makes room for another', async (t) => {
  const large = Array.from({ length: 5 }, () => takePictureBytes(16 * 2 ** 20));
  for (const bytes of large) givePictureBytes(bytes);
  const again = Array.from({ length: 5 }, () => takePictureBytes(16 * 2 ** 20));
  t.equal(again.filter((bytes) => large.includes(bytes)).length, 4, '64 MiB are kept, not more');
  for (const bytes of again) givePictureBytes(bytes);
  const small = takePictureBytes(1005);
  givePictureBytes(small);
  t.equal(takePictureBytes(1005), small);
});

t.test('recycle takes the pictures of a frame, and gives on what it tells', async (t) => {
  const data = takePictureBytes(6);
  const frame: Frame = {
    source: 'a',
    epoch: 0,
    index: 7,
    ptsUs: 5,
    arrivedAt: 1,
    picture: { width: 2, height: 2, pixelAspect: [1, 1], colour: {}, data },
    input: { width: 1, height: 1, data: new Uint8Array(3) },
    stepTimes: { decode: 1 },
    gate: createGate(1),
  };
  const spent = await lastValueFrom(of(frame).pipe(recycle(), toArray()));
  const { picture, input, ...rest } = frame;
  t.same(spent, [rest]);
  t.equal(takePictureBytes(6), data);
  t.ok(picture && input);
});

t.test('shared memory that is never given back ends: ordinary memory takes its place', async (t) => {
  const size = 32 * 2 ** 20;
  const held = Array.from({ length: 6 }, () => takePictureBytes(size));
  t.ok(held.some(({ buffer }) => buffer instanceof ArrayBuffer));
  t.ok(held.every((bytes) => bytes.length === size));
});
