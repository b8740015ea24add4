import { Worker } from 'node:worker_threads';
import t, { type Test } from 'tap';
import { buildNetwork } from '../../../model/networks/index.js';
import { randomWeights } from './random-weights.js';

const weights = randomWeights(buildNetwork('enet', 11), 1);

/** The engines, with workers that run `code` in place of their own. */
async function enginesOn(t: Test, code: string) {
  const dying = { startWorker: () => new Worker(code, { eval: true }) };
  const mocks = { '../../../model/start-worker.js': dying };
  const { createOnnxEngine } = await t.mockImport<typeof import('../../../model/engines/onnx.js')>(
    '../../../model/engines/onnx.js',
    mocks,
  );
  const { createTensorflowEngine } = await t.mockImport<typeof import('../../../model/engines/tensorflow.js')>(
    '../../../model/engines/tensorflow.js',
    mocks,
  );
  return {
    onnx: () => createOnnxEngine({ weights, provider: 'cpu' }),
    tensorflow: () => createTensorflowEngine({ weights }),
  };
}

for (const [death, code, reason] of [
  ['throws', "throw new Error('no memory')", 'no memory'],
  ['ends', 'process.exit(3)', 'its thread ended'],
] as const) {
  t.test(`an engine whose worker ${death} before its first message is unavailable`, async (t) => {
    for (const [name, create] of Object.entries(await enginesOn(t, code))) {
      const message = new RegExp(`^The ${name} engine could not start: ${reason}\\. \\w+`);
      await t.rejects(create(), { code: 'ENGINE_UNAVAILABLE', message }, name);
    }
  });
}
