import t from 'tap';
import type { Engine, RgbPicture } from '../../../model/engine.js';
import { createEngine } from '../../../model/engines/index.js';
import { createInstances, planInstances } from '../../../model/engines/instances.js';
import { createOnnxEngine } from '../../../model/engines/onnx.js';
import { buildNetwork } from '../../../model/networks/index.js';
import { randomWeights } from './random-weights.js';

const weights = randomWeights(buildNetwork('segnet-lite', 5), 7);
const pictures = Array.from({ length: 8 }, (_, number): RgbPicture => {
  const [width, height] = [48, 36];
  return { width, height, data: Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * (number + 3)) % 251) };
});

t.test('threads are shared between as many instances as pay', async (t) => {
  t.same(planInstances(1), { instances: 1, threads: 1 });
  t.same(planInstances(2), { instances: 2, threads: 1 });
  t.same(planInstances(4), { instances: 4, threads: 1 });
  t.same(planInstances(16), { instances: 4, threads: 4 });
});

t.test('several give what one gives, and are made as they are needed', async (t) => {
  let made = 0;
  const make = () => {
    made += 1;
    return createOnnxEngine({ weights, provider: 'cpu', threads: 1 });
  };
  const engine = await createInstances(make, 3);
  t.teardown(() => engine.close());
  t.equal(engine.instances, 3);
  const [alone] = await engine.segment([pictures[0]!]);
  t.equal(made, 1, 'one picture needs one');
  const one = await createOnnxEngine({ weights, provider: 'cpu', threads: 1 });
  t.teardown(() => one.close());
  t.same(alone, (await one.segment([pictures[0]!]))[0]);
  // Others are made while these work: until they are there, and once more.
  for (let isLast = false; !isLast; ) {
    isLast = made === 3;
    const masks = await Promise.all(pictures.map((picture) => engine.segment([picture])));
    for (const [index, [mask]] of masks.entries()) t.same(mask, (await one.segment([pictures[index]!]))[0]);
  }
  t.equal(made, 3);
  await engine.close();
  await t.rejects(engine.segment([pictures[0]!]), { code: 'ENGINE_CLOSED' });
});

t.test('an engine for throughput gives what one for latency gives', async (t) => {
  const [many, one] = await Promise.all([
    createEngine({ weights, engine: 'onnx', threads: 2, goal: 'throughput' }),
    createEngine({ weights, engine: 'onnx', threads: 2 }),
  ]);
  t.teardown(() => Promise.all([many.close(), one.close()]));
  if (many.provider === 'cpu') t.equal(many.instances, 2);
  const masks = await Promise.all(pictures.map((picture) => many.segment([picture])));
  for (const [index, [mask]] of masks.entries()) t.same(mask, (await one.segment([pictures[index]!]))[0]);
});

/** Answers when it is told to. */
function slow(): Engine & { answer(): void } {
  let answer = () => {};
  return {
    name: 'slow',
    provider: 'cpu',
    network: 'none',
    precision: 'float32',
    classes: [],
    inputSize: { width: 1, height: 1 },
    description: 'A fake.',
    segment: (batch) =>
      new Promise((resolve) => {
        answer = () => resolve(batch);
      }),
    close: async () => {},
    answer: () => answer(),
  };
}

t.test('where another cannot be made, those that there are go on, and it is not tried again', async (t) => {
  let asked = 0;
  const first = slow();
  const engine = await createInstances(async () => {
    asked += 1;
    if (asked > 1) throw new Error('no memory');
    return first;
  }, 4);
  for (let round = 0; round < 3; round += 1) {
    const segmented = [engine.segment([pictures[0]!]), engine.segment([pictures[1]!])];
    await new Promise(setImmediate);
    first.answer();
    await segmented[1];
  }
  t.equal(asked, 2);
  await engine.close();
});

t.test('one that is still being made is closed as well', async (t) => {
  const closed: number[] = [];
  let goOn = () => {};
  let asked = 0;
  const engine = await createInstances(async () => {
    const number = asked++;
    if (number > 0)
      await new Promise<void>((resolve) => {
        goOn = resolve;
      });
    return { ...slow(), close: async () => void closed.push(number) };
  }, 2);
  void engine.segment([pictures[0]!]);
  void engine.segment([pictures[0]!]);
  const closing = engine.close();
  goOn();
  await closing;
  t.same(closed.sort(), [0, 1]);
});

t.test('a GPU has one', async (t) => {
  const engine = await createInstances(async () => ({ ...slow(), provider: 'cuda' }), 4);
  t.equal(engine.instances ?? 1, 1);
});
