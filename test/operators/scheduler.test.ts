import t from 'tap';
import type { Engine, RgbPicture } from '../../model/engine.js';
import { type Job, schedulerOf } from '../../operators/scheduler.js';
import { createFakeEngine, thirds } from './fake-engine.js';

function picture(width: number, height = width): RgbPicture {
  return { width, height, data: new Uint8Array(width * height * 3) };
}

/** An engine that notes the widths of the pictures in each batch, with its scheduler. */
function noting() {
  const batches: number[][] = [];
  const engine: Engine = {
    ...createFakeEngine(),
    async segment(batch) {
      batches.push(batch.map(({ width }) => width));
      return batch.map(thirds);
    },
  };
  const scheduler = schedulerOf(engine);
  const submit = (changes: Partial<Job>) =>
    scheduler.submit({
      queue: {},
      picture: picture(8),
      batch: 1,
      maxWaitMs: 0,
      signal: new AbortController().signal,
      ...changes,
    });
  return { batches, engine, submit };
}

t.test('an engine has one scheduler', async (t) => {
  const engine = createFakeEngine();
  t.equal(schedulerOf(engine), schedulerOf(engine));
  t.not(schedulerOf(engine), schedulerOf(createFakeEngine()));
});

t.test('a batch that waits to be filled keeps none of another size waiting', async (t) => {
  const { batches, submit } = noting();
  const stop = new AbortController();
  void submit({ picture: picture(8), batch: 8, maxWaitMs: 60_000, signal: stop.signal });
  await submit({ picture: picture(16), batch: 1, maxWaitMs: 60_000 });
  await submit({ picture: picture(24), batch: 4, maxWaitMs: 20 });
  t.same(batches, [[16], [24]], 'a full one, and one that is due');
  stop.abort();
  // It forgets what was aborted, and its timer, which would otherwise keep this test for a minute.
  await submit({});
  t.same(batches.at(-1), [8]);
});

t.test('the head of each queue has its turn, in the order of coming, batch by batch', async (t) => {
  const { batches, submit } = noting();
  const [one, other] = [{}, {}];
  await Promise.all([
    submit({ queue: one, picture: picture(8), batch: 2 }),
    submit({ queue: other, picture: picture(16), batch: 2 }),
    submit({ queue: one, picture: picture(8), batch: 2 }),
    submit({ queue: other, picture: picture(16), batch: 2 }),
    submit({ queue: one, picture: picture(16), batch: 2 }),
  ]);
  t.same(batches, [[8], [16], [8], [16, 16]]);
});
