import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import t from 'tap';
import { runPlain } from '../../../model/engines/plain.js';
import { buildNetwork } from '../../../model/networks/index.js';
import { exportOnnx } from '../../../model/onnx/export.js';
import { quantiseWeights } from '../../../model/quantisation/quantise-weights.js';
import { agreement, randomWeights, testPictures } from '../engines/random-weights.js';

const network = buildNetwork('enet', 11);
const weights = randomWeights(network, 5);

t.test('the exported file gives the masks of the network, from standard operators', async (t) => {
  const folder = t.testdir();
  const path = join(folder, 'enet.onnx');
  await exportOnnx(path, weights, { width: 39, height: 29 });
  t.strictSame(await readdir(folder), ['enet.onnx'], 'nothing else is left');
  const session = await InferenceSession.create(path);
  t.teardown(() => session.release());
  for (const picture of Object.values(testPictures(39, 29, 1))) {
    const { mask } = await session.run({ pictures: new Tensor('uint8', picture.data, [1, 29, 39, 3]) });
    t.strictSame(mask!.dims, [1, 29, 39]);
    t.ok(agreement(mask!.data as Uint8Array, runPlain(network, weights, picture).mask.data) >= 0.999);
  }
  const file = await readFile(path);
  t.notMatch(file.toString('latin1'), /com\.microsoft|MaxUnpool/);
  t.notOk(file.includes(Buffer.from(Float32Array.of(-3.4e38).buffer)), 'no number that a quantiser chokes on');
});

t.test('without a size it takes that of the weights; scores instead of masks', async (t) => {
  const path = join(t.testdir(), 'enet.onnx');
  await exportOnnx(path, weights, { output: 'scores' });
  const session = await InferenceSession.create(path);
  t.teardown(() => session.release());
  t.match(session.inputMetadata, [{ name: 'pictures', type: 'uint8', shape: ['N', 48, 64, 3] }]);
  t.match(session.outputMetadata, [{ name: 'scores', type: 'float32', shape: ['N', 11, 48, 64] }]);
});

t.test('int8 needs calibrated weights, and then gives nearly the same masks', async (t) => {
  const path = join(t.testdir(), 'enet.onnx');
  const size = { width: 39, height: 29, precision: 'int8' } as const;
  await t.rejects(exportOnnx(path, weights, size), { code: 'OPTION_INVALID', message: /calibrated/ });
  const pictures = Object.values(testPictures(39, 29, 1)).slice(1, 2);
  await exportOnnx(path, await quantiseWeights(weights, { pictures, tolerance: 100 }), size);
  const session = await InferenceSession.create(path);
  t.teardown(() => session.release());
  const { mask } = await session.run({ pictures: new Tensor('uint8', pictures[0]!.data, [1, 29, 39, 3]) });
  t.ok(agreement(mask!.data as Uint8Array, runPlain(network, weights, pictures[0]!).mask.data) > 0.7);
});

t.test('a network of one’s own is exported by itself', async (t) => {
  const own = { ...network, name: 'mine' };
  const path = join(t.testdir(), 'mine.onnx');
  const mine = { ...weights, card: { ...weights.card, network: 'mine' } };
  await t.rejects(exportOnnx(path, mine), { code: 'NETWORK_UNKNOWN' });
  await exportOnnx(path, mine, { network: own });
  t.ok((await readFile(path)).length > 0);
});

t.test('a file that cannot be written, and weights that do not fit, are named', async (t) => {
  const path = join(t.testdir(), 'missing', 'enet.onnx');
  await t.rejects(exportOnnx(path, weights), { code: 'OUTPUT_UNWRITABLE', message: new RegExp(path) });
  await t.rejects(exportOnnx(path, { ...weights, tensors: new Map() }), { code: 'WEIGHTS_MISMATCH' });
});
