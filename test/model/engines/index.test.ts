import t from 'tap';
import { createEngine } from '../../../model/engines/index.js';
import { createOnnxEngine } from '../../../model/engines/onnx.js';
import { hasCudaLibraries } from '../../../model/engines/onnx-providers.js';
import { buildNetwork } from '../../../model/networks/index.js';
import { randomWeights, testPictures } from './random-weights.js';

const weights = randomWeights(buildNetwork('enet', 11), 1);
t.setTimeout(120_000);

t.test('auto takes onnx and says what and why', async (t) => {
  const engine = await createEngine({ weights, threads: 1 });
  t.teardown(() => engine.close());
  t.match(engine, { name: 'onnx', network: 'enet' });
  t.match(engine.description, /ONNX Runtime in float32, as .+, on .+[:,] .+/);
  const { noise } = testPictures(20, 10, 1);
  t.equal((await engine.segment([noise!]))[0]?.data.length, 200);
});

t.test('a provider that does not start is an error that says how to get it', async (t) => {
  const unavailable = (message: RegExp) => ({ code: 'ENGINE_UNAVAILABLE', message });
  const foreign = process.platform === 'win32' ? 'coreml' : 'dml';
  await t.rejects(
    createEngine({ weights, provider: foreign }),
    unavailable(/could not start on (coreml|dml) .+ It needs (macOS|Windows)/),
  );
  if (!hasCudaLibraries()) {
    await t.rejects(
      createEngine({ weights, engine: 'onnx', provider: 'cuda' }),
      unavailable(/cuda \(NVIDIA CUDA\): .+ It needs an NVIDIA driver/),
    );
  }
});

t.test('weights that do not fit the network are refused before a thread is started', async (t) => {
  const tensors = new Map(weights.tensors);
  tensors.set('fullconv.weight', { shape: [1], data: new Float32Array(1) });
  tensors.delete('initial_conv.weight');
  const mismatch = {
    code: 'WEIGHTS_MISMATCH',
    message: /enet, but initial_conv.weight is missing; fullconv.weight is \[1\], not \[16,11,2,2\]/,
  };
  await t.rejects(createEngine({ weights: { ...weights, tensors } }), mismatch);
  await t.rejects(createEngine({ weights: { ...weights, card: { ...weights.card, network: 'segnot' } } }), {
    code: 'NETWORK_UNKNOWN',
  });
});

t.test('the tensorflow engine has no providers and no int8', async (t) => {
  const invalid = { code: 'OPTION_INVALID' };
  await t.rejects(createEngine({ weights, engine: 'tensorflow', provider: 'cuda' }), invalid);
  await t.rejects(createEngine({ weights, engine: 'tensorflow', precision: 'int8' }), invalid);
  await t.rejects(createOnnxEngine({ weights, precision: 'int8' }), invalid);
});
