import t from 'tap';
import { createEngine } from '../../../model/engines/index.js';
import { createOnnxEngine } from '../../../model/engines/onnx.js';
import { hasCudaLibraries } from '../../../model/engines/onnx-providers.js';
import { defineNetwork } from '../../../model/network.js';
import { buildNetwork } from '../../../model/networks/index.js';
import { randomWeights, testPictures } from './random-weights.js';

const weights = randomWeights(buildNetwork('enet', 11), 1);
t.setTimeout(120_000);

t.test('auto takes onnx and says what and why', async (t) => {
  const engine = await createEngine({ weights, threads: 1 });
  t.teardown(() => engine.close());
  t.match(engine, { name: 'onnx', network: 'enet' });
  t.match(engine.description, /ONNX Runtime in float32, as .+, on .+(?:, | \().+/);
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

t.test('options out of range are refused by name', async (t) => {
  for (const [options, message] of [
    [{ engine: 'x' }, /engine to be auto, onnx or tensorflow, got `x`/],
    [{ provider: 'x' }, /provider .*got `x`/],
    [{ precision: 'x' }, /precision .*got `x`/],
    [{ goal: 'x' }, /goal .*got `x`/],
    [{ threads: 0 }, /threads .*got `0`/],
    [{ threads: Number.NaN }, /threads .*got `NaN`/],
    [{ threads: 1e6 }, /threads .*got `1000000`/],
  ] as const) {
    await t.rejects(createEngine({ weights, ...(options as object) }), { code: 'OPTION_INVALID', message });
  }
});

t.test("a network of one's own is taken as data", async (t) => {
  const network = defineNetwork({
    name: 'brightness',
    title: 'Brightness',
    classes: 2,
    layers: [
      { op: 'input', name: 'image', channels: 3 },
      {
        op: 'conv',
        name: 'scores',
        from: 'image',
        filters: 2,
        kernel: [1, 1],
        stride: 1,
        dilation: 1,
        groups: 1,
        bias: true,
      },
    ],
    decoderStart: 'scores',
  });
  const card = {
    network: 'brightness',
    classes: [
      { name: 'dark', colour: [0, 0, 0] as const },
      { name: 'bright', colour: [255, 255, 255] as const },
    ],
    normalisation: { mean: [0.5, 0.5, 0.5], std: [1, 1, 1] },
    inputSize: { width: 2, height: 1 },
  };
  const tensors = new Map([
    ['scores.weight', { shape: [2, 3, 1, 1], data: Float32Array.of(-1, -1, -1, 1, 1, 1) }],
    ['scores.bias', { shape: [2], data: new Float32Array(2) }],
  ]);
  const engine = await createEngine({ weights: { card, tensors }, network, threads: 1 });
  t.teardown(() => engine.close());
  const [mask] = await engine.segment([{ width: 2, height: 1, data: Uint8Array.of(9, 9, 9, 250, 250, 250) }]);
  t.same([...mask!.data], [0, 1]);
  t.equal(engine.network, 'brightness');
});
