import { join } from 'node:path';
import t from 'tap';
import { writeSyntheticDataset } from '../../../fixtures/write-synthetic-dataset.js';
import { camvid11 } from '../../../model/classes.js';
import { initialWeights } from '../../../model/initial-weights.js';
import { buildNetwork } from '../../../model/networks/index.js';
import { writeCheckpoint } from '../../../model/training/checkpoint.js';
import { recipes } from '../../../model/training/recipe.js';
import { createTrainCommand } from '../../../pipeline/commands/train.js';
import { trainNetwork } from '../../../pipeline/train.js';
import type { TrainingOptions } from '../../../pipeline/train-options.js';
import { withoutTensorflow } from '../../model/training/tensorflow-or-skip.js';

const common = ['--data', 'nowhere', '--out', 'nowhere'];

t.test('options of train are checked before anything is read, and named in the error', async (t) => {
  const wrong: readonly (readonly [string, string, RegExp])[] = [
    ['--scales', '0.5', /--scales.*0\.5,1.*got `"0\.5"`/],
    ['--scales', '1,0.5', /--scales/],
    ['--scales', 'a,b', /--scales/],
    ['--scales', ',1', /--scales/],
    ['--input-size', '10', /--input-size/],
    ['--crop', 'big', /--crop/],
    ['--epochs', '0', /--epochs/],
    ['--learning-rate', 'fast', /--learning-rate/],
    ['--recipe', 'magic', /--recipe.*compact/],
    ['--network', 'lenet', /--network/],
    ['--balancing', 'none', /--balancing/],
  ];
  for (const [flag, value, message] of wrong) {
    const command = createTrainCommand();
    await t.rejects(
      command.parseAsync(['node', 'train', ...common, flag, value]),
      { code: 'OPTION_INVALID', message },
      `${flag} ${value}`,
    );
  }
});

t.test(
  'a folder that cannot be made is said before training',
  { skip: withoutTensorflow || (process.platform !== 'linux' && 'needs /proc') },
  async (t) => {
    const data = join(t.testdir({}), 'scenes');
    await writeSyntheticDataset({ out: data, count: 2, seed: 1, width: 64, height: 48 });
    const command = createTrainCommand();
    await t.rejects(command.parseAsync(['node', 'train', '--data', data, '--out', '/proc/segnet-stream/runs']), {
      code: 'OUTPUT_UNWRITABLE',
    });
  },
);

t.test('a resume takes the network and the recipe of its checkpoint, and refuses others by option', async (t) => {
  const folder = t.testdir({ run: {} });
  const data = join(folder, 'scenes');
  await writeSyntheticDataset({ out: data, count: 2, seed: 1, width: 64, height: 48 });
  const out = join(folder, 'run');
  const network = buildNetwork('enet', 11);
  const card = {
    network: 'enet',
    classes: camvid11.classes,
    normalisation: { mean: [0], std: [1] },
    inputSize: { width: 64, height: 48 },
  };
  const losses = { sum: 0, count: 0 };
  const state = { recipe: recipes.compact, seed: 1, epoch: 1, step: 0, seconds: 1, card, losses, listing: 'a' };
  await writeCheckpoint(join(out, 'last.safetensors'), { state, tensors: initialWeights(network, 1) });
  const resume = (options: Partial<TrainingOptions>) => trainNetwork({ data, out, resume: true, ...options });
  await t.rejects(resume({ learningRate: 1 }), { code: 'OPTION_INVALID', message: /learningRate with resume/ });
  await t.rejects(resume({ network: 'segnet-lite' }), {
    code: 'CHECKPOINT_MISMATCH',
    message: /enet, got segnet-lite/,
  });
  await t.rejects(
    resume({ classes: 'camvid-12' }),
    { code: 'CHECKPOINT_MISMATCH', message: /classes .*\(sky, .*bicyclist\), got sky, .*bicyclist, void$/ },
    'before the shapes of the network, which depend on their number',
  );
  const broken = new Map([...initialWeights(network, 1)].slice(1));
  await writeCheckpoint(join(out, 'last.safetensors'), { state, tensors: broken });
  await t.rejects(resume({}), { code: 'WEIGHTS_MISMATCH', message: /enet.*missing/ });
});

t.test('shipped weights start a training on other classes, but not of another network', async (t) => {
  const folder = t.testdir();
  const data = join(folder, 'data');
  await writeSyntheticDataset({ out: data, count: 2, seed: 1, width: 64, height: 48 });
  const weights = 'model/weights/segnet-lite.safetensors';
  async function warningsOf(options: Partial<TrainingOptions>): Promise<readonly string[]> {
    const warnings: string[] = [];
    const onEvent: TrainingOptions['onEvent'] = (event) => {
      if (event.kind === 'warning') warnings.push(event.message);
    };
    // Stopped before the first step: only what it starts from is looked at.
    const stopped = trainNetwork({
      data,
      weights,
      out: join(folder, 'run'),
      signal: AbortSignal.abort(),
      ...options,
      onEvent,
    });
    await t.rejects(stopped, { code: /^(STOPPED|ENGINE_UNAVAILABLE)$/ });
    return warnings;
  }
  t.match(await warningsOf({ classes: 'camvid-12' }), [
    /segnet-lite\.safetensors are for other classes: only classifier starts anew/,
  ]);
  t.notOk((await warningsOf({})).some((message) => message.includes('other classes')));
  await t.rejects(trainNetwork({ data, weights, out: join(folder, 'run'), network: 'enet' }), {
    code: 'OPTION_INVALID',
    message: 'Expected weights to be a file for the network enet, got `segnet-lite`',
  });
});

t.test('options that would do nothing are refused', async (t) => {
  const folder = t.testdir();
  const data = join(folder, 'data');
  await writeSyntheticDataset({ out: data, count: 4, seed: 1, width: 64, height: 48 });
  const options = { data, out: join(folder, 'run'), network: 'segnet-lite' };
  await t.rejects(trainNetwork({ ...options, recipe: 'paper', extra: data }), {
    code: 'OPTION_INVALID',
    message: /no extra with the recipe paper/,
  });
  await t.rejects(trainNetwork({ ...options, pretrained: 'a', weights: 'b' }), {
    code: 'OPTION_INVALID',
    message: /pretrained or weights/,
  });
  for (const [wrong, name] of [
    [{ scales: 5 }, 'scales'],
    [{ data: 5 }, 'data'],
    [{ epochs: '20' }, 'epochs'],
  ] as const) {
    await t.rejects(trainNetwork({ ...options, ...(wrong as object) }), {
      code: 'OPTION_INVALID',
      message: new RegExp(`Expected ${name} to be`),
    });
  }
});
