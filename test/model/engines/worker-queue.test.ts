import { Worker } from 'node:worker_threads';
import t from 'tap';
import { WorkerQueue } from '../../../model/engines/worker-queue.js';

/** A thread that answers what it is told to: an engine's worker can be made to die in no other way. */
const ANSWERING = `
  const { parentPort } = require('node:worker_threads');
  parentPort.on('message', (wish) => {
    if (wish === 'throw') throw new Error('out of memory');
    if (wish === 'exit') process.exit(3);
    if (wish === 'fail') parentPort.postMessage({ type: 'failed', reason: 'too large' });
    else parentPort.postMessage({ type: 'masks', wish });
  });
`;

const idle = () => new Int32Array(new SharedArrayBuffer(4));

function queueTo(code: string) {
  return new WorkerQueue<string, { readonly type: 'masks'; readonly wish: string }>(
    'onnx',
    new Worker(code, { eval: true }),
    idle(),
  );
}

const wish = (message: string) => () => ({ message, transfer: [] });

t.test('a request that fails rejects alone', async (t) => {
  const queue = queueTo(ANSWERING);
  t.teardown(() => queue.close());
  const failed = queue.run(wish('fail'));
  const after = queue.run(wish('one'));
  await t.rejects(failed, { code: 'ENGINE_FAILED', message: 'The onnx engine could not segment a batch: too large' });
  t.equal((await after).wish, 'one');
});

for (const [death, message] of [
  ['throw', 'The thread of the onnx engine ended unexpectedly: out of memory'],
  ['exit', 'The thread of the onnx engine ended unexpectedly'],
] as const) {
  t.test(`a thread that dies (${death}) rejects what runs, what waits and what comes later`, async (t) => {
    const queue = queueTo(ANSWERING);
    const running = queue.run(wish(death));
    const waiting = queue.run(wish('two'));
    await t.rejects(running, { code: 'ENGINE_FAILED', message });
    await t.rejects(waiting, { code: 'ENGINE_FAILED', message });
    await t.rejects(queue.run(wish('three')), { code: 'ENGINE_FAILED', message });
    await queue.close();
    await t.rejects(queue.run(wish('four')), { code: 'ENGINE_FAILED' }, 'the first reason stands');
  });
}

t.test('a request that cannot be made rejects alone', async (t) => {
  const queue = queueTo(ANSWERING);
  t.teardown(() => queue.close());
  const broken = queue.run(() => {
    throw new RangeError('no memory');
  });
  await t.rejects(broken, RangeError);
  t.equal((await queue.run(wish('five'))).wish, 'five');
});

t.test('an aborted request that waits is never made', async (t) => {
  const queue = queueTo(ANSWERING);
  t.teardown(() => queue.close());
  const controller = new AbortController();
  const first = queue.run(wish('six'));
  let made = false;
  const dropped = queue.run(() => {
    made = true;
    return wish('seven')();
  }, controller.signal);
  controller.abort();
  await t.rejects(dropped, { name: 'AbortError' });
  await first;
  await queue.run(wish('eight'));
  t.notOk(made);
});

t.test('a thread is not ended in the middle of a request; nobody waits for its answer but close', async (t) => {
  const done = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(
    `const { parentPort, workerData } = require('node:worker_threads');
    parentPort.on('message', () => setTimeout(() => {
      workerData[0] = 1;
      parentPort.postMessage({ type: 'masks' });
    }, 200));`,
    { eval: true, workerData: done },
  );
  const queue = new WorkerQueue<string, { readonly type: 'masks' }>('onnx', worker, idle());
  const running = queue.run(wish('one'));
  const rejected = t.rejects(running, { code: 'ENGINE_CLOSED' }).then(() => done[0]);
  await queue.close();
  t.equal(await rejected, 0, 'rejected before the answer came');
  t.equal(done[0], 1);
});
