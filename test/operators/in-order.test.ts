import { concat, EMPTY, from, lastValueFrom, NEVER, of, Subject, take, throwError, toArray } from 'rxjs';
import t from 'tap';
import type { Frame } from '../../operators/frame.js';
import { createGate } from '../../operators/gate.js';
import { inOrder, type Work } from '../../operators/in-order.js';
import { fakeFrame } from './fake-frame.js';

const frames = (count: number, changes: Partial<Frame> = {}) =>
  Array.from({ length: count }, (_, index) => fakeFrame({ index, ...changes }));

/** Work whose ends are decided by the test. */
function byHand() {
  const ends = new Map<string, { resolve: (value: string | undefined) => void; reject: (error: unknown) => void }>();
  const calls: string[] = [];
  const work: Work<Frame, string> = {
    take: ({ source, index }) => new Promise((resolve, reject) => ends.set(`${source} ${index}`, { resolve, reject })),
    async finish(failed) {
      calls.push(`finish ${failed}`);
    },
    dispose: () => calls.push('dispose'),
  };
  const settle = async (name: string, { withNothing = false } = {}) => {
    ends.get(name)!.resolve(withNothing ? undefined : name);
    await new Promise(setImmediate);
  };
  return { work, ends, calls, settle };
}

t.test('results come in the order of the frames, whatever the order in which they are ready', async (t) => {
  const { work, settle, calls } = byHand();
  const got: string[] = [];
  from(frames(3))
    .pipe(inOrder(() => work))
    .subscribe({ next: (value) => got.push(value), complete: () => got.push('end') });
  await settle('camera 2');
  await settle('camera 1');
  t.same(got, []);
  await settle('camera 0');
  t.same(got, ['camera 0', 'camera 1', 'camera 2', 'end']);
  t.same(calls, ['finish false', 'dispose']);
});

t.test('work that returns its result at once, as JavaScript allows, is work', async (t) => {
  const take = ({ index }: Frame) => index as unknown as Promise<number>;
  t.same(
    await lastValueFrom(
      from(frames(3)).pipe(
        inOrder(() => ({ take })),
        toArray(),
      ),
    ),
    [0, 1, 2],
  );
});

t.test('a slow source holds up no other', async (t) => {
  const { work, settle } = byHand();
  const got: string[] = [];
  from([...frames(2, { source: 'slow' }), ...frames(2, { source: 'fast' })])
    .pipe(inOrder(() => work))
    .subscribe((value) => got.push(value));
  await settle('fast 0');
  await settle('fast 1');
  t.same(got, ['fast 0', 'fast 1']);
});

t.test('the gate is held from the arrival of a frame until its result was given on', async (t) => {
  const gate = createGate(2);
  const { work, settle } = byHand();
  const openAt: boolean[] = [];
  from(frames(2, { gate }))
    .pipe(inOrder(() => work))
    .subscribe(() => openAt.push(gate.open));
  t.equal(gate.open, false);
  await settle('camera 0');
  t.same(openAt, [false], 'still held while the next step takes the frame');
  t.equal(gate.open, true);
  await settle('camera 1', { withNothing: true });
  t.same(openAt, [false], 'nothing is given on for undefined');
});

t.test('tearing down gives all holds back, and disposes once', async (t) => {
  const gate = createGate(2);
  const { work, settle, calls } = byHand();
  const subscription = concat(from(frames(3, { gate })), NEVER)
    .pipe(inOrder(() => work))
    .subscribe();
  t.equal(gate.open, false);
  subscription.unsubscribe();
  t.equal(gate.open, true);
  await settle('camera 0');
  t.same(calls, ['dispose']);
});

t.test('an error from before takes its turn behind the frames that came before it', async (t) => {
  const { work, settle, calls } = byHand();
  const got: string[] = [];
  concat(
    from(frames(1)),
    throwError(() => new Error('before')),
  )
    .pipe(inOrder(() => work))
    .subscribe({ next: (value) => got.push(value), error: (error: Error) => got.push(error.message) });
  t.same(got, []);
  await settle('camera 0');
  t.same(got, ['camera 0', 'before']);
  t.same(calls, ['finish true', 'dispose']);
});

t.test('an error in the work ends the stream at once and stops the source', async (t) => {
  const { work, ends, calls } = byHand();
  const source = new Subject<Frame>();
  const got: string[] = [];
  source.pipe(inOrder(() => work)).subscribe({ error: (error: Error) => got.push(error.message) });
  for (const frame of frames(2)) source.next(frame);
  ends.get('camera 1')!.reject(new Error('in the work'));
  await new Promise(setImmediate);
  t.same(got, ['in the work']);
  t.equal(source.observed, false);
  t.same(calls, ['dispose']);
});

t.test('an error at the end is passed on, unless there was one before', async (t) => {
  const work = (): Work<Frame, string> => ({
    take: async () => 'done',
    finish: async () => {
      throw new Error('at the end');
    },
  });
  await t.rejects(lastValueFrom(from(frames(1)).pipe(inOrder(work), toArray())), /at the end/);
  const failing = concat(
    from(frames(1)),
    throwError(() => new Error('before')),
  );
  await t.rejects(lastValueFrom(failing.pipe(inOrder(work), toArray())), /before/);
});

t.test('nothing in, nothing out; a subscriber that has enough stops the source', async (t) => {
  const { work, calls } = byHand();
  t.same(
    await lastValueFrom(
      EMPTY.pipe(
        inOrder(() => work),
        toArray(),
      ),
    ),
    [],
  );
  t.same(calls, ['finish false', 'dispose']);
  const source = new Subject<Frame>();
  const taken = lastValueFrom(
    source.pipe(
      inOrder(() => ({ take: async ({ index }: Frame) => index })),
      take(1),
      toArray(),
    ),
  );
  for (const frame of frames(3)) source.next(frame);
  t.same(await taken, [0]);
  t.equal(source.observed, false);
});

t.test('each subscription has work of its own', async (t) => {
  let opened = 0;
  const stream = of(fakeFrame()).pipe(
    inOrder(() => {
      opened += 1;
      return { take: async () => opened };
    }),
  );
  await lastValueFrom(stream);
  await lastValueFrom(stream);
  t.equal(opened, 2);
});

t.test('work that throws before it returns a promise ends the stream with its error', async (t) => {
  const broken = (): never => {
    throw new Error('broken');
  };
  await t.rejects(lastValueFrom(of(fakeFrame()).pipe(inOrder(() => ({ take: broken })))), /broken/);
  const finishing = of(fakeFrame()).pipe(inOrder(() => ({ take: async () => 1, finish: broken })));
  await t.rejects(lastValueFrom(finishing), /broken/);
});

t.test('of a source that emits all at once nothing is taken after an error', async (t) => {
  const gate = createGate(2);
  let taken = 0;
  const broken = (): never => {
    taken += 1;
    throw new Error('broken');
  };
  await t.rejects(lastValueFrom(from(frames(6, { gate })).pipe(inOrder(() => ({ take: broken })))), /broken/);
  t.equal(taken, 1);
  t.ok(gate.open);
});

t.test('what is no frame is an error of the stream, not of whoever emits it', async (t) => {
  const bare = { ...fakeFrame(), gate: undefined } as unknown as Frame;
  await t.rejects(lastValueFrom(of(bare).pipe(inOrder(() => ({ take: async () => 1 })))), TypeError);
});
