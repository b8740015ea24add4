import { cpSync, existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { writeSyntheticDataset } from '../../../fixtures/write-synthetic-dataset.js';
import { camvid11, camvid12 } from '../../../model/classes.js';
import { type Dataset, openDataset } from '../../../model/dataset/dataset.js';
import { defineNetwork } from '../../../model/network.js';
import { LayerList } from '../../../model/networks/layer-list.js';
import { readCheckpoint, writeCheckpoint } from '../../../model/training/checkpoint.js';
import { recipes } from '../../../model/training/recipe.js';
import { type TrainOptions, train } from '../../../model/training/train.js';
import type { TrainingEvent } from '../../../model/training/training-event.js';
import { readWeights } from '../../../model/weights.js';
import { tensorflow, withoutTensorflow } from './tensorflow-or-skip.js';

t.test('training', { skip: withoutTensorflow }, async (t) => {
  const folder = t.testdir();
  const dataDirectory = join(folder, 'data');
  await writeSyntheticDataset({ out: dataDirectory, count: 8, seed: 5, width: 64, height: 48 });
  const [trainSet, validation] = await Promise.all([
    openDataset(dataDirectory, 'train'),
    openDataset(dataDirectory, 'val'),
  ]);

  const recipe = {
    ...recipes.modern,
    epochs: 3,
    batch: 2,
    crops: [{ untilShare: 1, crop: { width: 32, height: 32 } }],
    validateEvery: 1,
  };
  /** Runs one training and gives the losses of its steps beside the result. */
  async function run(name: string, options: Partial<TrainOptions> = {}, onEvent?: (event: TrainingEvent) => void) {
    const events: TrainingEvent[] = [];
    const result = await train({
      network: tinyNetwork(),
      recipe,
      train: trainSet as Dataset,
      validation: validation as Dataset,
      directory: join(folder, name),
      seed: 1,
      ...options,
      onEvent: (event) => {
        events.push(event);
        onEvent?.(event);
      },
    });
    const losses = events.flatMap((event) => (event.kind === 'step' ? [event.loss] : []));
    return { result, events, losses };
  }

  const checkpointOf = (name: string) => readCheckpoint(join(folder, name, 'last.safetensors'));

  const whole = await run('whole');

  t.test('leaves weights of the best epoch with a card, a checkpoint and a log', async (t) => {
    t.equal(whole.losses.length, 12);
    const { card, tensors } = await readWeights(whole.result.weightsPath!);
    t.equal(card.network, 'tiny');
    t.equal(card.classes.length, 11);
    t.match(card.scores, { validation: { mIoU: whole.result.best!.mIoU } });
    t.ok([...tensors.values()].every(({ data }) => data.every(Number.isFinite)));
    const log = readFileSync(join(folder, 'whole', 'log.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    t.match(
      readFileSync(join(folder, 'whole', 'report.html'), 'utf8'),
      /<svg[\s\S]*side-walk[\s\S]*<img src="data:image/,
    );
    t.same(
      log.filter(({ kind }) => kind === 'step').map(({ loss }) => loss),
      whole.losses,
    );
  });

  t.test('the same seed gives the same losses, another seed others', async (t) => {
    t.same((await run('again')).losses, whole.losses);
    t.not((await run('other', { seed: 2, recipe: { ...recipe, epochs: 1 } })).losses[0], whole.losses[0]);
  });

  t.test('stopped in the middle of an epoch and resumed, it gives the losses of an uninterrupted run', async (t) => {
    const stop = new AbortController();
    const first = await run('stopped', { signal: stop.signal }, (event) => {
      if (event.kind === 'step' && event.step === 5) stop.abort();
    });
    t.equal(first.result.stopped, true);
    const rest = await run('stopped', { resume: await checkpointOf('stopped') });
    t.equal(rest.result.stopped, false);
    t.same([...first.losses, ...rest.losses], whole.losses);
    t.same(rest.result.best, whole.result.best);
    const means = [whole.events, [...first.events, ...rest.events]].map((events) =>
      events.flatMap((event) => (event.kind === 'epoch' ? [event.loss] : [])),
    );
    t.same(means[1], means[0], 'the mean of an epoch is of all its steps');
  });

  t.test('a batch larger than the training set is warned of', async (t) => {
    const large = await run('large', { recipe: { ...recipe, epochs: 1, batch: 9 } });
    t.equal(large.losses.length, 1);
    const isOfBatch = (event: TrainingEvent) =>
      event.kind === 'warning' && /^A batch is 9 .* only 8:/.test(event.message);
    t.equal(large.events.filter(isOfBatch).length, 1);
    t.notOk(whole.events.some((event) => event.kind === 'warning' && event.message.startsWith('A batch')));
  });

  t.test('holds the same number of tensors at every step', async (t) => {
    const counts = whole.events.flatMap((event) => (event.kind === 'step' ? [event.tensors] : []));
    t.equal(new Set(counts).size, 1);
    const before = tensorflow!.memory().numTensors;
    await run('memory', { recipe: { ...recipe, epochs: 1 } });
    t.equal(tensorflow!.memory().numTensors, before, 'and leaves none');
  });

  const wild = {
    ...recipe,
    optimizer: { kind: 'sgd', momentum: 0.9, weightDecay: 0 },
    learningRate: 3e38,
    averaging: 0,
  } as const;

  t.test('a loss that is no number stops it, and says so where there is no checkpoint yet', async (t) => {
    await t.rejects(run('wild', { recipe: wild }), {
      code: 'TRAINING_DIVERGED',
      message: /learning rate.*no checkpoint/,
    });
    t.notOk(existsSync(join(folder, 'wild', 'last.safetensors')));
  });

  t.test('the checkpoint and the best weights from before a divergence stay as they were', async (t) => {
    await run('later', { recipe: { ...recipe, epochs: 1 } });
    const paths = ['last', 'best'].map((name) => join(folder, 'later', `${name}.safetensors`));
    const { state, tensors } = await readCheckpoint(paths[0]!);
    await writeCheckpoint(paths[0]!, { state: { ...state, recipe: { ...recipe, learningRate: 3e38 } }, tensors });
    const before = paths.map((path) => readFileSync(path));
    await t.rejects(run('later', { resume: await checkpointOf('later') }), {
      code: 'TRAINING_DIVERGED',
      message: /last\.safetensors is from before/,
    });
    paths.forEach((path, i) => {
      t.ok(readFileSync(path).equals(before[i]!), path);
    });
  });

  t.test('data other than what it began with are refused on resuming, and classes that differ', async (t) => {
    const fewer = { ...trainSet, items: trainSet.items.slice(1) } as Dataset;
    const resume = await checkpointOf('whole');
    const mismatch = { code: 'CHECKPOINT_MISMATCH', message: /training pictures/ };
    await t.rejects(run('whole', { resume, train: fewer }), mismatch);
    await t.rejects(run('whole', { resume, provenance: { heldOut: ['a'] } }), { message: /held-out prefixes/ });
    const items = trainSet.items.map((item, index) => (index === 0 ? { ...item, name: 'other' } : item));
    const others = { ...trainSet, items } as Dataset;
    await t.rejects(run('whole', { resume, train: others }), {
      code: 'CHECKPOINT_MISMATCH',
      message: /as many others/,
    });
    const [first, second, ...rest] = camvid11.classes;
    for (const classes of [
      [second!, first!, ...rest],
      [{ ...first!, name: 'heaven' }, second!, ...rest],
    ]) {
      const classSet = { ...camvid11, classes };
      await t.rejects(run('whole', { resume, train: { ...trainSet, classSet } }), {
        code: 'CHECKPOINT_MISMATCH',
        message: /classes .*\(sky, building,.*got (building, sky|heaven, building),/,
      });
    }
    const extra = { ...trainSet, classSet: camvid12 } as Dataset;
    await t.rejects(run('mixed', { extra }), { code: 'DATASET_INVALID', message: /camvid-11, got camvid-12/ });
    const renamed = { ...camvid12, name: camvid11.name };
    await t.rejects(run('mixed', { extra: { ...extra, classSet: renamed } }), { message: /other ones of that name/ });
  });

  t.test(
    'weights to start from, and checkpoints, of another network are refused before anything is written',
    async (t) => {
      const initial = new Map([['conv.weight', { shape: [1], data: Float32Array.of(1) }]]);
      await t.rejects(run('unfit', { initial }), {
        code: 'WEIGHTS_MISMATCH',
        message: /conv\.weight is \[1\], not \[8,/,
      });
      const resume = await checkpointOf('whole');
      const other = { ...tinyNetwork(), name: 'other' };
      const mismatch = { code: 'CHECKPOINT_MISMATCH', message: /network tiny, got other/ };
      await t.rejects(run('unfit', { resume, network: other }), mismatch);
      const lacking = new Map([...resume.tensors].filter(([name]) => name !== 'conv.weight'));
      const unfit = { code: 'WEIGHTS_MISMATCH', message: /conv\.weight is missing/ };
      await t.rejects(run('unfit', { resume: { ...resume, tensors: lacking } }), unfit);
      t.notOk(existsSync(join(folder, 'unfit')));
    },
  );

  t.test('a checkpoint without its averages or the state of the optimizer is no checkpoint', async (t) => {
    const { state, tensors } = await checkpointOf('whole');
    for (const part of ['average.', 'slot.']) {
      const rest = new Map([...tensors].filter(([name]) => !name.startsWith(part)));
      const invalid = { code: 'CHECKPOINT_INVALID', message: new RegExp(`hold ${part}.*found none`) };
      await t.rejects(run('halved', { resume: { state, tensors: rest } }), invalid);
    }
  });

  t.test('a folder that cannot be made is one clear error', async (t) => {
    const invalid = { code: 'OUTPUT_UNWRITABLE', message: /folder of training .*a folder is expected where a file is/ };
    await t.rejects(run('whole/log.jsonl/run'), invalid);
  });

  t.test('pictures that are gone in the middle stop it, and what was learnt until then is resumed from', async (t) => {
    const data = join(folder, 'vanishing');
    cpSync(dataDirectory, data, { recursive: true });
    const [images, away] = [join(data, 'train'), join(data, 'away')];
    const single = { ...recipe, batch: 1, epochs: 1 };
    const options = { recipe: single, train: (await openDataset(data, 'train')) as Dataset };
    const uninterrupted = await run('uninterrupted', options);
    const losses: number[] = [];
    const cut = run('cut', options, (event) => {
      if (event.kind !== 'step') return;
      losses.push(event.loss);
      if (event.step === 0) renameSync(images, away);
    });
    await t.rejects(cut, { code: 'PICTURE_MISSING', message: new RegExp(images) });
    renameSync(away, images);
    const rest = await run('cut', { ...options, resume: await checkpointOf('cut') });
    t.same([...losses, ...rest.losses], uninterrupted.losses);
  });

  t.test('a validation that fails loses nothing of its epoch', async (t) => {
    const data = join(folder, 'validation');
    cpSync(dataDirectory, data, { recursive: true });
    const [labels, away] = [join(data, 'valannot'), join(data, 'away')];
    const options = { validation: (await openDataset(data, 'val')) as Dataset };
    const cut = run('unvalidated', options, (event) => {
      if (event.kind === 'epoch' && event.epoch === 0) renameSync(labels, away);
    });
    await t.rejects(cut, { message: new RegExp(labels) });
    renameSync(away, labels);
    const resume = await checkpointOf('unvalidated');
    t.match(resume.state, { epoch: 0, step: 4 });
    const rest = await run('unvalidated', { ...options, resume });
    t.same(rest.losses, whole.losses.slice(4));
    t.same(rest.result.best, whole.result.best);
    t.equal(rest.events.filter(({ kind }) => kind === 'epoch').length, 2, 'no epoch is told of twice');
  });

  t.test('a stopped validation is no score, and a resume begins with it', async (t) => {
    const stop = new AbortController();
    let armed = false;
    // Stops when the last picture is read.
    const items = validation.items.map((item, i) => ({
      ...item,
      get labelPath() {
        if (armed && i === validation.items.length - 1) stop.abort();
        return item.labelPath;
      },
    }));
    const options = { validation: { ...validation, items } as Dataset, signal: stop.signal };
    const first = await run('half-validated', options, (event) => {
      armed ||= event.kind === 'epoch' && event.epoch === 1;
    });
    t.match(first.result, { stopped: true, epochs: 1, best: { epoch: 1 } });
    t.same(
      first.events.flatMap((event) => (event.kind === 'validation' ? [event.epoch] : [])),
      [0],
    );
    const resume = await checkpointOf('half-validated');
    t.match(resume.state, { epoch: 1, step: 4, best: { epoch: 1 } });
    const rest = await run('half-validated', { resume });
    t.same([...first.losses, ...rest.losses], whole.losses);
    t.same(rest.result.best, whole.result.best);
    const scores = [whole.events, [...first.events, ...rest.events]].map((events) =>
      events.flatMap((event) => (event.kind === 'validation' ? [event.scores] : [])),
    );
    t.same(scores[1], scores[0], 'every epoch is validated once, with the scores of an uninterrupted run');
  });

  t.test(
    'a stop while the data are read leaves all as it was; where the best weights are gone, none are named',
    async (t) => {
      const stop = new AbortController();
      const stopped = run('early', { signal: stop.signal }, (event) => event.kind === 'check' && stop.abort());
      await t.rejects(stopped, { code: 'STOPPED' });
      t.notOk(existsSync(join(folder, 'early', 'last.safetensors')));
      await run('moved', { recipe: { ...recipe, epochs: 1 } });
      renameSync(join(folder, 'moved', 'best.safetensors'), join(folder, 'moved', 'elsewhere'));
      const { result } = await run('moved', { resume: await checkpointOf('moved') });
      t.ok(result.best);
      t.equal(result.weightsPath, undefined);
    },
  );

  t.test('a resumed training is told of as it began', async (t) => {
    await run('begun', { recipe: { ...recipe, epochs: 1 }, provenance: { command: 'train --weights a' } });
    const begun = await checkpointOf('begun');
    const longer = { ...begun, state: { ...begun.state, recipe: { ...begun.state.recipe, epochs: 2 } } };
    const { result } = await run('begun', { resume: longer, provenance: { command: 'train --resume' } });
    t.match((await readWeights(result.weightsPath!)).card.training, { command: 'train --weights a' });
  });

  t.test('each step tells how long it waited for its pictures', async (t) => {
    const steps = whole.events.flatMap((event) => (event.kind === 'step' ? [event] : []));
    t.ok(steps.every(({ waitMs, ms }) => waitMs >= 0 && waitMs <= ms));
  });

  t.test('a folder without room for the log is one clear error', async (t) => {
    const directory = join(folder, 'unwritable');
    mkdirSync(join(directory, 'log.jsonl'), { recursive: true });
    await t.rejects(run('unwritable'), { code: 'OUTPUT_UNWRITABLE', message: /log\.jsonl/ });
  });

  t.test('the recipe of the paper runs as well', async (t) => {
    const paper = {
      ...recipes.paper,
      epochs: 1,
      batch: 4,
      crops: [{ untilShare: 1, crop: { width: 64, height: 48 } }],
    };
    const { result } = await run('paper', { recipe: paper });
    t.ok(result.best!.G > 0);
  });
});

/** A SegNet of one block, with a dropout whose choices a resumed run has to repeat. */
function tinyNetwork() {
  const net = new LayerList();
  const pooled = net.maxPool('pool', net.convBnRelu('conv', 'image', 8, 5));
  net.conv('classifier', net.maxUnpool('unpool', net.dropout('drop', pooled, 0.2, true), 'pool'), 11, 3, {
    bias: true,
  });
  return defineNetwork({ name: 'tiny', title: 'Tiny', classes: 11, layers: net.layers, decoderStart: 'unpool' });
}
