import { inflateRawSync } from 'node:zlib';
import { of, Subject, take, throwError } from 'rxjs';
import sharp from 'sharp';
import t from 'tap';
import { type Audience, broadcast } from '../../operators/broadcast.js';
import { dropStale } from '../../operators/drop-stale.js';
import { encodeParts, type PicturePart } from '../../operators/encode-parts.js';
import type { SegmentedFrame } from '../../operators/frame.js';
import { createGate } from '../../operators/gate.js';
import { createPacer, limitRate } from '../../operators/limit-rate.js';
import { fakeFrame } from '../pipeline/serve/fake-frames.js';

function audience(wanted: PicturePart[] = []) {
  const shown: { index: number; kinds: string[] }[] = [];
  const it: Audience = {
    wanted: () => new Set(wanted),
    show: (frame, parts) => shown.push({ index: frame.index, kinds: parts.map(({ kind }) => kind) }),
  };
  return { it, shown };
}

/** Resolves when the observable ends, with what it gave. */
function collect<T>(observable: { subscribe(observer: object): unknown }): Promise<T[]> {
  return new Promise((resolve, reject) => {
    const values: T[] = [];
    observable.subscribe({ next: (value: T) => values.push(value), error: reject, complete: () => resolve(values) });
  });
}

t.test('shows every frame in order with the parts that are wanted, and passes it on with its step time', async (t) => {
  const { it, shown } = audience(['source', 'mask']);
  const frames = [0, 1, 2, 3].map((index) => fakeFrame({ index }));
  const given = await collect<SegmentedFrame>(of(...frames).pipe(broadcast(it)));
  t.same(
    shown,
    [0, 1, 2, 3].map((index) => ({ index, kinds: ['source', 'mask'] })),
  );
  t.same(
    given.map(({ index }) => index),
    [0, 1, 2, 3],
  );
  t.ok(given[0]!.stepTimes.broadcast! >= 0);
  t.equal(frames[0]!.stepTimes.broadcast, undefined, 'frames are never written into');
});

t.test('the picture part has the pixels of the source, in its colours', async (t) => {
  const frame = fakeFrame({ index: 200 });
  const [part, ...others] = await encodeParts(frame, ['picture']);
  t.same([part?.kind, part?.codec, others], ['picture', 'jpeg', []]);
  const { data, info } = await sharp(part!.data).raw().toBuffer({ resolveWithObject: true });
  t.match(info, { width: 128, height: 96, channels: 3 });
  t.ok(data.every((value) => Math.abs(value - 200) <= 3));
});

t.test('without an audience nothing is encoded', async (t) => {
  const { it, shown } = audience();
  await collect(of(fakeFrame()).pipe(broadcast(it)));
  t.same(shown, [{ index: 0, kinds: [] }]);
});

t.test('holds the gate while it encodes, and gives it back at the end, on errors and on unsubscribing', async (t) => {
  const gate = createGate(1);
  const { it } = audience(['source']);
  const source = new Subject<SegmentedFrame>();
  const first = collect(source.pipe(broadcast(it), take(1)));
  source.next(fakeFrame({ gate }));
  t.equal(gate.open, false);
  await first;
  t.equal(gate.open, true);

  const subscription = source.pipe(broadcast(it)).subscribe();
  source.next(fakeFrame({ gate }));
  subscription.unsubscribe();
  t.equal(gate.open, true);
  await t.rejects(collect(throwError(() => new Error('before')).pipe(broadcast(it))), /before/);
  const broken = fakeFrame({ gate, input: { width: 64, height: 48, data: new Uint8Array(3) } });
  await t.rejects(collect(of(broken).pipe(broadcast(it))));
  t.equal(gate.open, true);
});

t.test('parts: JPEG of the source, exact class indices, and both burnt together', async (t) => {
  const frame = fakeFrame({
    classes: [
      { name: 'sky', colour: [0, 0, 255] },
      { name: 'road', colour: [255, 0, 0] },
    ],
  });
  const [source, mask, overlay] = await encodeParts(frame, ['source', 'mask', 'overlay'], { opacity: 1, quality: 95 });
  t.same(new Uint8Array(inflateRawSync(mask!.data)), frame.mask.data);
  const { data, info } = await sharp(overlay!.data).raw().toBuffer({ resolveWithObject: true });
  t.match(info, { width: 64, height: 48, channels: 3 });
  t.ok(data[2]! > 240 && data[0]! < 15, 'blue sky');
  t.ok(data[data.length - 3]! > 240 && data[data.length - 1]! < 15, 'red road');
  t.match(await sharp(source!.data).metadata(), { format: 'jpeg', width: 64 });
  const noClass = { ...frame, mask: { ...frame.mask, data: new Uint8Array(frame.mask.data.length).fill(255) } };
  const [bare] = await encodeParts(noClass, ['overlay'], { opacity: 1, quality: 95 });
  t.same(bare!.data, source!.data, 'what has no class is not coloured');
  const [plain] = await encodeParts(frame, ['overlay'], { opacity: 0 });
  t.ok(
    (await sharp(plain!.data).raw().toBuffer()).every((value) => value < 10),
    'only the picture',
  );
});

t.test('options that make no sense are refused by name, at once', async (t) => {
  const refused: readonly (readonly [() => unknown, RegExp])[] = [
    [() => broadcast(audience().it, { quality: 0 }), /quality .*whole number from 1 to 100, got `0`/],
    [() => broadcast(audience().it, { quality: 80.5 }), /quality/],
    [() => broadcast(audience().it, { opacity: 1.5 }), /opacity .*from 0 to 1, got `1.5`/],
    [() => dropStale({ maxStalenessMs: -1 }), /maxStalenessMs .*got `-1`/],
    [() => dropStale({} as { maxStalenessMs: number }), /maxStalenessMs .*got `undefined`/],
    [() => limitRate({ maxFps: 0 }), /maxFps to be more than 0, got `0`/],
    [() => limitRate({ maxFps: Number.NaN }), /maxFps .*got `NaN`/],
  ];
  for (const [make, message] of refused) t.throws(make, { code: 'OPTION_INVALID', message }, String(message));
});

t.test('frames older than the budget are dropped and counted', async (t) => {
  const dropped: number[] = [];
  const frames = [0, 10, 20].map((arrivedAt, index) => fakeFrame({ arrivedAt, index }));
  const given = await collect<SegmentedFrame>(
    of(...frames).pipe(dropStale({ maxStalenessMs: 10, now: () => 20, onDrop: ({ index }) => dropped.push(index) })),
  );
  t.same(
    given.map(({ index }) => index),
    [1, 2],
  );
  t.same(dropped, [0]);
});

t.test('a rate is kept over frames that do not fall on it, and a pause saves up nothing', async (t) => {
  const isDue = createPacer(10);
  const passed = Array.from({ length: 50 }, (_, index) => index * 40).filter(isDue);
  t.equal(passed.length, 20, '10 a second of 25');
  t.ok(isDue(10_000));
  t.notOk(isDue(10_001));
  t.notOk(isDue(10_099));

  const dropped: number[] = [];
  const limited = limitRate<SegmentedFrame>({ maxFps: 10, onDrop: ({ index }) => dropped.push(index) });
  const frames = [0, 50, 100].map((arrivedAt, index) => fakeFrame({ arrivedAt, index }));
  for (let time = 0; time < 2; time++) {
    t.same(
      (await collect<SegmentedFrame>(of(...frames).pipe(limited))).map(({ index }) => index),
      [0, 2],
    );
  }
  t.same(dropped, [1, 1]);
});
