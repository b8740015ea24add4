import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encode } from 'fast-png';
import t from 'tap';
import { camvid11 } from '../../../../model/classes.js';
import { writeWeights } from '../../../../model/weights.js';
import { benchmarkWeights } from '../../../../pipeline/benchmark/benchmark-weights.js';
import { benchmarkFrontier, frontierChart, markFrontier } from '../../../../pipeline/benchmark/frontier/frontier.js';
import { createFrontierCommand } from '../../../../pipeline/benchmark/frontier/frontier-command.js';
import { renderFrontier } from '../../../../pipeline/benchmark/frontier/render-frontier.js';

t.test('on the frontier is what nothing faster equals or beats', async (t) => {
  const rows = [{ mIoU: 50 }, { mIoU: 40 }, { mIoU: 60 }, { mIoU: 60 }];
  t.same(
    markFrontier(rows).map(({ isOnFrontier }) => isOnFrontier),
    [true, false, true, false],
  );
});

t.test('files of weights are scored and timed at each size', async (t) => {
  const dir = t.testdir({});
  const [images, labels] = [join(dir, 'images'), join(dir, 'labels')];
  await Promise.all([mkdir(images), mkdir(labels)]);
  const size = { width: 48, height: 36, depth: 8 } as const;
  for (const name of ['a.png', 'b.png']) {
    const rgb = Uint8Array.from({ length: 48 * 36 * 3 }, (_, i) => i % 251);
    await writeFile(join(images, name), encode({ ...size, channels: 3, data: rgb }));
    const truth = Uint8Array.from({ length: 48 * 36 }, (_, i) => i % camvid11.classes.length);
    await writeFile(join(labels, name), encode({ ...size, channels: 1, data: truth }));
  }
  const paths = await Promise.all(
    ['enet', 'fcn-basic'].map(async (network) => {
      const { weights } = await benchmarkWeights(network);
      const path = join(dir, `${network}.safetensors`);
      await writeWeights(path, { ...weights, card: { ...weights.card, inputSize: { width: 32, height: 24 } } });
      return path;
    }),
  );
  const sizes = [
    { width: 32, height: 24 },
    { width: 64, height: 48 },
  ];
  const result = await benchmarkFrontier({ weights: paths, images, labels, sizes, rounds: 3 });
  t.equal(result.rows.length, 4);
  for (const row of result.rows) {
    t.ok(row.frameMs > 0 && row.cpuMs > 0 && row.mIoU >= 0 && row.mIoU <= 100, JSON.stringify(row));
    t.equal(row.precision, 'float32', 'nothing is calibrated');
  }
  const [small, large] = sizes.map(
    ({ width }) => result.rows.find(({ network, size }) => network === 'enet' && size.width === width)!,
  );
  t.equal(large!.multiplyAdds / small!.multiplyAdds, 4);
  const times = result.rows.map(({ frameMs }) => frameMs);
  t.same(
    times,
    [...times].sort((a, b) => a - b),
  );
  t.match(renderFrontier(result), /fcn-basic .*64x48 .*float32/);
  const { series } = frontierChart(result);
  t.same(series.map(({ name, points }) => [name, points.length]).sort(), [
    ['enet', 2],
    ['fcn-basic', 2],
  ]);

  const own = await benchmarkFrontier({ weights: [paths[0]!], images, labels, rounds: 1 });
  t.same(
    own.rows.map(({ size }) => size),
    [{ width: 32, height: 24 }],
    "the card's size",
  );

  const shifted = join(dir, 'shifted');
  await mkdir(shifted);
  for (const name of ['a.png', 'b.png']) {
    const truth = Uint8Array.from({ length: 48 * 36 }, (_, i) => 100 + (i % camvid11.classes.length));
    await writeFile(join(shifted, name), encode({ ...size, channels: 1, data: truth }));
  }
  const classSet = {
    ...camvid11,
    name: 'shifted',
    labelValues: camvid11.classes.map((_, i) => 100 + i),
    voidLabels: [],
  };
  const same = await benchmarkFrontier({ weights: [paths[0]!], images, labels: shifted, classSet, rounds: 1 });
  t.equal(same.rows[0]!.mIoU, own.rows[0]!.mIoU, 'labels of other numbers, by their class set');
  const file = join(dir, 'dataset.json');
  await writeFile(file, JSON.stringify({ name: 'shifted', classes: 'camvid-11', splits: {} }));
  const command = (...args: string[]) =>
    createFrontierCommand().parseAsync([
      'node',
      'frontier',
      paths[0]!,
      '--images',
      images,
      '--labels',
      shifted,
      ...args,
    ]);
  await t.rejects(command(), { code: 'DATASET_INVALID', message: /--classes FOLDER\/dataset\.json$/ });
  await t.rejects(command('--classes', file), { code: 'DATASET_INVALID', message: /got 100[^\n]*$/ });
  await t.rejects(benchmarkFrontier({ weights: [join(dir, 'none')], images, labels }), { code: 'WEIGHTS_MISSING' });
});
