import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import { startWorker } from '../../model/start-worker.js';

t.test('a compiled worker module is run as it is', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'start-worker-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'echo.js');
  writeFileSync(
    path,
    "require('node:worker_threads').parentPort.once('message', (m) => require('node:worker_threads').parentPort.postMessage(m * 2));",
  );
  const worker = startWorker(pathToFileURL(path));
  t.teardown(() => worker.terminate());
  worker.postMessage(21);
  t.same(await once(worker, 'message'), [42]);
});

t.test('under a TypeScript loader the source beside it is run, with its own imports and its data', async (t) => {
  const worker = startWorker(new URL('./start-worker-echo.js', import.meta.url), { workerData: { factor: 3 } });
  t.teardown(() => worker.terminate());
  worker.postMessage(new Uint8Array([1, 2, 3]));
  const [answer] = await once(worker, 'message');
  t.same([...answer], [3, 6, 9]);
});

t.test('an error inside a worker reaches its owner', async (t) => {
  const worker = startWorker(new URL('./start-worker-echo.js', import.meta.url), { workerData: { factor: 3 } });
  t.teardown(() => worker.terminate());
  worker.postMessage('not an array');
  const [error] = await once(worker, 'error');
  t.match(error, { code: 'INPUT_INVALID' });
});

t.test('a module that exists in neither form is a mistake that names the file', async (t) => {
  t.throws(() => startWorker(new URL('./no-such-worker.js', import.meta.url)), /no-such-worker\.js/);
});
