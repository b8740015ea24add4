import { concat, EMPTY, from, lastValueFrom, NEVER, Subject, tap, throwError, toArray } from 'rxjs';
import t from 'tap';
import type { Engine, RgbPicture } from '../../model/engine.js';
import type { Frame, SegmentedFrame } from '../../operators/frame.js';
import { createGate } from '../../operators/gate.js';
import { segment } from '../../operators/segment.js';
import { createFakeEngine, thirds } from './fake-engine.js';
import { fakeFrame } from './fake-frame.js';

function frames(count: number, changes: Partial<Frame> = {}): Frame[] {
  return Array.from({ length: count }, (_, index) => {
    const data = Uint8Array.from({ length: 36 }, (_, i) => (index * 13 + i * 29) & 255);
    return fakeFrame({ index, input: { width: 4, height: 3, data }, ...changes });
  });
}

const all = (source: ReturnType<typeof from<Frame[]>>, ...args: Parameters<typeof segment>) =>
  lastValueFrom(source.pipe(segment(...args), toArray()));

/** An engine that the test lets go on, batch by batch. */
function byHand(): { engine: Engine; batches: RgbPicture[][]; goOn(): Promise<void> } {
  const batches: RgbPicture[][] = [];
  const waiting: (() => void)[] = [];
  const engine: Engine = {
    ...createFakeEngine(),
    segment: (batch) =>
      new Promise((resolve) => {
        batches.push([...batch]);
        waiting.push(() => resolve(batch.map(thirds)));
      }),
  };
  return {
    engine,
    batches,
    async goOn() {
      while (waiting.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      waiting.shift()!();
      await new Promise((resolve) => setTimeout(resolve, 10));
    },
  };
}

t.test('every frame gets its mask, the classes, their shares and the times', async (t) => {
  const got = await all(from(frames(5)), createFakeEngine());
  t.equal(got.length, 5);
  for (const [index, frame] of got.entries()) {
    t.equal(frame.index, index);
    t.same(frame.mask, thirds(frame.input));
    const counted = [0, 1, 2].map((k) => [...frame.mask.data].filter((value) => value === k).length / 12);
    t.same(frame.shares, counted);
    t.equal(frame.carried, false);
    t.same(
      frame.classes.map(({ name }) => name),
      ['dark', 'middle', 'bright'],
    );
    t.same(Object.keys(frame.stepTimes), ['decode', 'queue', 'segment']);
  }
});

t.test('instances work beside each other, and frames keep their order', async (t) => {
  const answers: (() => void)[] = [];
  const several: Engine = {
    ...createFakeEngine(),
    instances: 2,
    segment: (batch) => new Promise((resolve) => answers.push(() => resolve(batch.map(thirds)))),
  };
  const got: SegmentedFrame[] = [];
  const done = lastValueFrom(
    from(frames(6)).pipe(
      segment(several),
      tap((frame) => got.push(frame)),
    ),
  );
  await new Promise(setImmediate);
  t.equal(answers.length, 4, 'each works on one and has the next');
  // Always the later one first.
  for (const next of [1, 0, 3, 2, 5, 4]) {
    answers[next]!();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await done;
  t.same(
    got.map(({ index }) => index),
    [0, 1, 2, 3, 4, 5],
  );
  for (const { input, mask } of got) t.same(mask, thirds(input));
  const [first, second, third] = got.map(({ stepTimes }) => stepTimes);
  t.ok(third!.queue! > Math.max(first!.queue!, second!.queue!), 'the third waits for one of them');
});

t.test('frames are added to, not written to', async (t) => {
  const [frame] = frames(1);
  const before = structuredClone({ ...frame, gate: undefined });
  await all(from([Object.freeze(frame!)]), createFakeEngine());
  t.same(structuredClone({ ...frame, gate: undefined }), before);
});

t.test('what waits while the engine works is taken together, up to the batch', async (t) => {
  const engine = createFakeEngine({ delayMs: 20 });
  const got = await all(from(frames(10)), engine, { batch: 4, maxWaitMs: 1000 });
  t.same(engine.batches, [4, 4, 2]);
  t.same(
    got.map(({ index }) => index),
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
  );
});

t.test('a picture does not wait for others longer than it may', async (t) => {
  const engine = createFakeEngine();
  const got = await all(from(frames(1)), engine, { batch: 8, maxWaitMs: 2 });
  t.equal(got.length, 1);
  t.same(engine.batches, [1]);
});

t.test('only pictures of one size share a batch, and none overtakes another of its source', async (t) => {
  const { engine, batches, goOn } = byHand();
  const small = { width: 2, height: 2, data: new Uint8Array(12) };
  const mixed = frames(6).map((frame, n) => (n % 3 === 2 ? { ...frame, input: small } : frame));
  const got = all(from(mixed), engine, { batch: 6 });
  for (let n = 0; n < 4; n++) await goOn();
  t.same(
    (await got).map(({ index }) => index),
    [0, 1, 2, 3, 4, 5],
  );
  t.same(
    batches.map((batch) => batch.map(({ width }) => width)),
    [[4, 4], [2], [4, 4], [2]],
  );
});

t.test('sources take turns: one that floods does not keep another waiting', async (t) => {
  const engine = createFakeEngine({ delayMs: 2 });
  const flood = new Subject<Frame>();
  const calm = new Subject<Frame>();
  const got: string[] = [];
  const watch = (name: string, source: Subject<Frame>) =>
    lastValueFrom(
      source.pipe(
        segment(engine),
        tap(({ index }) => got.push(`${name} ${index}`)),
      ),
    );
  const done = Promise.all([watch('flood', flood), watch('calm', calm)]);
  for (const frame of frames(20, { source: 'flood' })) flood.next(frame);
  for (const frame of frames(2, { source: 'calm' })) calm.next(frame);
  flood.complete();
  calm.complete();
  await done;
  while (got.length < 22) await new Promise((resolve) => setTimeout(resolve, 5));
  t.ok(got.indexOf('calm 1') < got.indexOf('flood 8'), got.slice(0, 10).join(', '));
});

t.test('streams of one engine share its batches', async (t) => {
  const engine = createFakeEngine({ delayMs: 5 });
  const options = { batch: 4, maxWaitMs: 1000 };
  const [a, b] = await Promise.all([
    all(from(frames(2, { source: 'a' })), engine, options),
    all(from(frames(2, { source: 'b' })), engine, options),
  ]);
  t.same(engine.batches, [4]);
  t.same(
    [...a, ...b].map(({ source, index }) => `${source}${index}`),
    ['a0', 'a1', 'b0', 'b1'],
  );
});

t.test('stride: those between carry the mask and shares of the last one segmented', async (t) => {
  const engine = createFakeEngine();
  const got = await all(from(frames(7)), engine, { stride: 3 });
  t.equal(engine.batches.length, 3);
  t.same(
    got.map(({ carried }) => carried),
    [false, true, true, false, true, true, false],
  );
  t.equal(got[1]!.mask, got[0]!.mask);
  t.equal(got[5]!.shares, got[3]!.shares);
  t.same(Object.keys(got[1]!.stepTimes), ['decode', 'queue']);
});

t.test('latest: a frame that waits is dropped for a newer one of its source, and no turn is lost', async (t) => {
  const { engine, batches, goOn } = byHand();
  const dropped: number[] = [];
  const [left, right] = ['left', 'right'].map(() => new Subject<Frame>());
  const got: string[] = [];
  const options = { policy: 'latest', onDrop: ({ index }: Frame) => dropped.push(index) } as const;
  for (const camera of [left!, right!])
    camera.pipe(segment(engine, options)).subscribe(({ source, index }) => got.push(`${source} ${index}`));
  const [ofLeft, ofRight] = ['left', 'right'].map((source) => frames(9, { source }));
  for (const frame of ofLeft!.slice(0, 4)) left!.next(frame);
  right!.next(ofRight![0]!);
  left!.next(ofLeft![4]!);
  await new Promise(setImmediate);
  t.equal(batches.length, 2, 'the engine has one and the next');
  t.same(dropped, [2, 3]);
  for (let i = 0; i < 4; i += 1) await goOn();
  t.same(got, ['left 0', 'left 1', 'left 4', 'right 0']);
});

t.test('latest: what takes the place of another does not wait for others anew', async (t) => {
  const camera = new Subject<Frame>();
  const got: number[] = [];
  const options = { policy: 'latest', batch: 2, maxWaitMs: 40 } as const;
  camera.pipe(segment(createFakeEngine(), options)).subscribe(({ index }) => got.push(index));
  for (const frame of frames(40)) {
    camera.next(frame);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  t.ok(got.length >= 2, got.join());
});

t.test('latest: a frame that is dropped holds no gate while the one before it is with the engine', async (t) => {
  const { engine, goOn } = byHand();
  const gate = createGate(4);
  const camera = new Subject<Frame>();
  camera.pipe(segment(engine, { policy: 'latest' })).subscribe();
  for (const frame of frames(9, { gate })) {
    camera.next(frame);
    await new Promise(setImmediate);
    t.ok(gate.open, `after ${frame.index}`);
  }
  for (let i = 0; i < 3; i += 1) await goOn();
});

t.test('what belongs to an earlier connection is dropped when a frame of a later one comes', async (t) => {
  const { engine, goOn } = byHand();
  const source = new Subject<Frame>();
  const got: SegmentedFrame[] = [];
  source.pipe(segment(engine)).subscribe((frame) => got.push(frame));
  for (const frame of frames(4)) source.next(frame);
  await goOn();
  source.next(frames(1, { epoch: 1 })[0]!);
  source.next(frames(1, { epoch: 0, index: 9 })[0]!);
  for (let n = 0; n < 3; n++) await goOn();
  t.same(
    got.map(({ epoch, index }) => `${epoch}.${index}`),
    ['0.0', '1.0'],
  );
});

t.test('the gate is held by what waits, and given back by what is torn down', async (t) => {
  const gate = createGate(3);
  const { engine, batches } = byHand();
  const subscription = concat(from(frames(5, { gate })), NEVER)
    .pipe(segment(engine))
    .subscribe();
  t.equal(gate.open, false);
  subscription.unsubscribe();
  t.equal(gate.open, true);
  await new Promise((resolve) => setTimeout(resolve, 20));
  t.equal(batches.length, 2, 'what had not begun never begins');
});

t.test('an engine that fails ends the streams that wait for it, and no other', async (t) => {
  const engine = createFakeEngine({ failAfter: 2 });
  await t.rejects(all(from(frames(5)), engine), /the fake engine fails/);
  const other = await all(from(frames(2)), createFakeEngine());
  t.equal(other.length, 2);
});

t.test('an error from before comes after the frames that came before it', async (t) => {
  const got: (number | string)[] = [];
  await new Promise<void>((resolve) => {
    concat(
      from(frames(3)),
      throwError(() => new Error('cut')),
    )
      .pipe(segment(createFakeEngine({ delayMs: 2 })))
      .subscribe({
        next: ({ index }) => got.push(index),
        error: (error: Error) => {
          got.push(error.message);
          resolve();
        },
      });
  });
  t.same(got, [0, 1, 2, 'cut']);
});

t.test('nothing in, nothing out', async (t) => {
  t.same(await lastValueFrom(EMPTY.pipe(segment(createFakeEngine()), toArray())), []);
});

t.test('options out of range are refused by name', async (t) => {
  for (const options of [{ batch: 0 }, { batch: 1.5 }, { stride: 0 }, { stride: Number.NaN }, { maxWaitMs: 1e9 }]) {
    const [name] = Object.keys(options);
    t.throws(() => segment(createFakeEngine(), options), {
      code: 'OPTION_INVALID',
      message: new RegExp(`Expected ${name} to be`),
    });
  }
});

t.test("an engine of one's own that breaks its promise is told of", async (t) => {
  const engine = createFakeEngine();
  const of = (segment: Engine['segment'], instances = 1) => ({ ...engine, segment, instances });
  const masks =
    (...data: readonly Uint8Array[]) =>
    async () =>
      data.map((each) => ({ width: 4, height: 3, data: each }));
  for (const broken of [
    of(masks()),
    of(masks(new Uint8Array(11))),
    of(async () => undefined as never),
    of(async () => [{ width: 3, height: 4, data: new Uint8Array(12) }]),
  ]) {
    const failed = lastValueFrom(from([fakeFrame()]).pipe(segment(broken)));
    await t.rejects(failed, { code: 'ENGINE_FAILED', message: /fake engine to give a mask of 4x3/ });
  }
  const none = of(masks(new Uint8Array(12)), Number.NaN);
  t.equal((await lastValueFrom(from([fakeFrame()]).pipe(segment(none), toArray()))).length, 1, 'NaN instances are one');
});
