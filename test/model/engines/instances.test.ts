import t from 'tap';
import type { ClassMask, Engine, RgbPicture } from '../../../model/engine.js';
import { createEngine } from '../../../model/engines/index.js';
import { createInstances, planInstances } from '../../../model/engines/instances.js';
import { createOnnxEngine } from '../../../model/engines/onnx.js';
import { Failure } from '../../../model/failure.js';
import { buildNetwork } from '../../../model/networks/index.js';
import { randomWeights } from './random-weights.js';

const weights = randomWeights(buildNetwork('segnet-lite', 5), 7);
const pictures = Array.from({ length: 8 }, (_, number): RgbPicture => {
  const [width, height] = [48, 36];
  return { width, height, data: Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * (number + 3)) % 251) };
});

t.test('threads are shared between as many instances as pay, and none is left over', async (t) => {
  t.same(planInstances(1), [1]);
  t.same(planInstances(2), [1, 1]);
  t.same(planInstances(3), [1, 1, 1]);
  t.same(planInstances(6), [2, 2, 1, 1]);
  t.same(planInstances(7), [2, 2, 2, 1]);
  t.same(planInstances(16), [4, 4, 4, 4]);
});

/** Segments all pictures at a time, again and again, until so many instances do it, and once more. */
async function segmentUntil(engine: Engine, instances: number): Promise<(readonly ClassMask[])[]> {
  for (const until = performance.now() + 60_000; performance.now() < until; ) {
    const isLast = engine.instances === instances;
    const masks = await Promise.all(pictures.map((picture) => engine.segment([picture])));
    if (isLast) return masks;
  }
  throw new Error(`there are ${engine.instances} instances in place of ${instances}`);
}

t.test('several give what one gives, and are made as they are needed', async (t) => {
  const threads: number[] = [];
  const make = (share: number) => {
    threads.push(share);
    return createOnnxEngine({ weights, provider: 'cpu', threads: share });
  };
  const engine = await createInstances(make, [2, 1, 1]);
  t.teardown(() => engine.close());
  const [alone] = await engine.segment([pictures[0]!]);
  t.same(threads, [2], 'one picture needs one');
  const one = await createOnnxEngine({ weights, provider: 'cpu', threads: 1 });
  t.teardown(() => one.close());
  t.same(alone, (await one.segment([pictures[0]!]))[0]);
  const masks = await segmentUntil(engine, 3);
  for (const [index, [mask]] of masks.entries()) t.same(mask, (await one.segment([pictures[index]!]))[0]);
  t.same(threads, [2, 1, 1]);
  await engine.close();
  await t.rejects(engine.segment([pictures[0]!]), { code: 'ENGINE_CLOSED' });
});

t.test('an engine for throughput gives what one for latency gives', async (t) => {
  const common = { weights, engine: 'onnx', provider: 'cpu', threads: 2 } as const;
  const [many, one] = await Promise.all([createEngine({ ...common, goal: 'throughput' }), createEngine(common)]);
  t.teardown(() => Promise.all([many.close(), one.close()]));
  const masks = await segmentUntil(many, 2);
  for (const [index, [mask]] of masks.entries()) t.same(mask, (await one.segment([pictures[index]!]))[0]);
});

/** Answers when it is told to; of blank pictures at once. */
function byHand(): Engine & { answer(error?: Error): void; readonly asked: number } {
  const waiting: ((error?: Error) => void)[] = [];
  let asked = 0;
  return {
    name: 'by hand',
    provider: 'cpu',
    network: 'none',
    precision: 'float32',
    classes: [],
    inputSize: { width: 1, height: 1 },
    description: 'A fake.',
    segment: (batch) =>
      new Promise((resolve, reject) => {
        if (batch[0]!.data.every((value) => value === 0)) return resolve(batch);
        asked += 1;
        waiting.push((error) => (error ? reject(error) : resolve(batch)));
      }),
    close: async () => {},
    answer: (error) => waiting.shift()!(error),
    get asked() {
      return asked;
    },
  };
}

const turn = () => new Promise((resolve) => setTimeout(resolve, 5));

/** Others are made only after the first has answered once. */
async function answerOnce(engine: Engine, first: ReturnType<typeof byHand>): Promise<void> {
  const answered = engine.segment([pictures[0]!]);
  first.answer();
  await answered;
}

for (const [title, second] of [
  ['made', () => Promise.reject(new Error('no memory'))],
  ['tried', async () => ({ ...byHand(), segment: () => Promise.reject(new Error('no memory')) })],
] as const) {
  t.test(`where another cannot be ${title}, those that there are go on, and it is not tried again`, async (t) => {
    let asked = 0;
    const first = byHand();
    const engine = await createInstances(async () => (++asked === 1 ? first : second()), [1, 1, 1, 1]);
    await answerOnce(engine, first);
    for (let round = 0; round < 3; round += 1) {
      const segmented = [engine.segment([pictures[0]!]), engine.segment([pictures[1]!])];
      await turn();
      first.answer();
      first.answer();
      t.equal((await Promise.all(segmented)).length, 2);
    }
    t.equal(asked, 2);
    t.equal(engine.instances, 1);
    await engine.close();
  });
}

t.test(
  'another is made only after the first has answered: it would take the processor from the first picture',
  async (t) => {
    const fakes = [byHand(), byHand()];
    let made = 0;
    const engine = await createInstances(async () => fakes[made++]!, [1, 1]);
    const early = [engine.segment([pictures[0]!]), engine.segment([pictures[1]!])];
    await turn();
    t.equal(made, 1);
    fakes[0]!.answer();
    fakes[0]!.answer();
    await Promise.all(early);
    const later = [engine.segment([pictures[0]!]), engine.segment([pictures[1]!])];
    t.equal(made, 2);
    fakes[0]!.answer();
    fakes[0]!.answer();
    await Promise.all(later);
    await engine.close();
  },
);

t.test('one that dies is given no more', async (t) => {
  const fakes = [byHand(), byHand()];
  let made = 0;
  const engine = await createInstances(async () => fakes[made++]!, [1, 1]);
  await answerOnce(engine, fakes[0]!);
  const early = [engine.segment([pictures[0]!]), engine.segment([pictures[1]!])];
  await turn();
  fakes[0]!.answer();
  fakes[0]!.answer();
  await Promise.all(early);
  t.equal(engine.instances, 2);
  const [first, second] = [engine.segment([pictures[0]!]), engine.segment([pictures[1]!])];
  await turn();
  t.equal(fakes[1]!.asked, 1, 'both work');
  fakes[0]!.answer(new Failure('ENGINE_FAILED', 'its thread ended'));
  await t.rejects(first, { code: 'ENGINE_FAILED' });
  fakes[1]!.answer();
  await second;
  const more = engine.segment([pictures[2]!]);
  await turn();
  t.equal(fakes[1]!.asked, 2);
  fakes[1]!.answer();
  await more;
  t.equal(engine.instances, 1);
});

t.test('one that is still being made is closed as well, and the others do not wait for it', async (t) => {
  const closed: number[] = [];
  const first = byHand();
  let goOn = () => {};
  let asked = 0;
  const engine = await createInstances(async () => {
    const number = asked++;
    if (number > 0) {
      await new Promise<void>((resolve) => {
        goOn = resolve;
      });
    }
    return Object.assign(number === 0 ? first : byHand(), { close: async () => void closed.push(number) });
  }, [1, 1]);
  await answerOnce(engine, first);
  void engine.segment([pictures[0]!]);
  void engine.segment([pictures[0]!]);
  const closing = engine.close();
  t.same(closed, [0]);
  goOn();
  await closing;
  t.same(closed, [0, 1]);
});

t.test('a GPU has one', async (t) => {
  const engine = await createInstances(async () => ({ ...byHand(), provider: 'cuda' }), [4, 4, 4, 4]);
  t.equal(engine.instances ?? 1, 1);
});
