import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { encode } from 'fast-png';
import sharp from 'sharp';
import t from 'tap';
import { type ClassSet, camvid11, cityscapes19, cityscapes19LabelIds } from '../../model/classes.js';
import type { ClassMask, Engine, RgbPicture } from '../../model/engine.js';
import { Failure } from '../../model/failure.js';
import { drawConfusion } from '../../pipeline/confusion-picture.js';
import { type Evaluation, evaluate, guessClassSet, openLabelled } from '../../pipeline/evaluate.js';
import { readClassSet } from '../../pipeline/options/class-set.js';
import { renderEvaluation } from '../../pipeline/render-evaluation.js';

const two: ClassSet = {
  name: 'two',
  title: 'Road and sky',
  classes: [
    { name: 'road', colour: [128, 64, 128] },
    { name: 'sky & <cloud>', colour: [1, 2, 3] },
  ],
  voidIndex: 255,
};

/** An engine that sees the class of a pixel in its red value; `segment` may be replaced. */
function redEngine(overrides: Partial<Engine> = {}): Engine {
  return {
    name: 'fake',
    provider: 'cpu',
    network: 'red',
    precision: 'float32',
    classes: two.classes,
    inputSize: { width: 8, height: 8 },
    description: 'Reads the red channel',
    segment: async (batch) => batch.map(redOf),
    close: async () => {},
    ...overrides,
  };
}

const redOf = ({ width, height, data }: RgbPicture): ClassMask => ({
  width,
  height,
  data: Uint8Array.from({ length: width * height }, (_, i) => (data[3 * i]! > 0 ? 1 : 0)),
});

interface Planted {
  readonly width: number;
  /** What `redEngine` will see. */
  readonly seen: readonly number[];
  readonly labels: readonly number[];
}

/** Writes images and labels; returns the two folders. */
async function plant(dir: string, pictures: Readonly<Record<string, Planted>>) {
  const folders = { images: join(dir, 'images'), labels: join(dir, 'labels') };
  await Promise.all(Object.values(folders).map((folder) => mkdir(folder)));
  for (const [name, { width, seen, labels }] of Object.entries(pictures)) {
    const size = { width, height: labels.length / width, depth: 8 } as const;
    const rgb = Uint8Array.from(seen.flatMap((index) => [255 * index, 0, 0]));
    await writeFile(join(folders.images, `${name}.png`), encode({ ...size, channels: 3, data: rgb }));
    await writeFile(
      join(folders.labels, `${name}.png`),
      encode({ ...size, channels: 1, data: Uint8Array.from(labels) }),
    );
  }
  return folders;
}

const half = [0, 0, 1, 1, 0, 0, 1, 1];

t.test('a network that is always right scores 100 everywhere, void ignored', async (t) => {
  const folders = await plant(t.testdir(), {
    a: { width: 4, seen: half, labels: half },
    b: { width: 2, seen: [1, 0, 1, 0], labels: [1, 0, 255, 0] },
  });
  const progress: string[] = [];
  const evaluation = await evaluate({
    ...folders,
    engine: redEngine(),
    classSet: two,
    onProgress: (done, total) => progress.push(`${done}/${total}`),
  });
  t.match(evaluation, { G: 100, C: 100, mIoU: 100, images: 2, network: 'red', classSet: 'two', corruption: null });
  t.same(evaluation.confusion, [
    [6, 0],
    [0, 5],
  ]);
  t.same(progress, ['1/2', '2/2']);
  t.same(evaluation.warnings, []);
});

t.test('scores are those counted by hand', async (t) => {
  // Three pixels of sky in the second picture are taken for road.
  const folders = await plant(t.testdir(), {
    a: { width: 4, seen: half, labels: half },
    b: { width: 2, seen: [0, 0, 0, 1], labels: [1, 1, 1, 1] },
  });
  const { G, C, mIoU, BF, perClass, confusion } = await evaluate({ ...folders, engine: redEngine(), classSet: two });
  t.same(confusion, [
    [4, 0],
    [3, 5],
  ]);
  t.equal(G, 75);
  t.equal(C, (100 + 62.5) / 2);
  t.equal(mIoU, ((100 * 4) / 7 + (100 * 5) / 8) / 2);
  // The second truth is all sky: no boundary there, so none of the predicted one is matched.
  t.equal(BF, 50);
  t.same(perClass, {
    road: { recall: 100, IoU: (100 * 4) / 7, BF: 100 },
    'sky & <cloud>': { recall: 62.5, IoU: 62.5, BF: 50 },
  });
});

t.test('JSON has the scores under the names of the paper, null where a class leaves one undefined', async (t) => {
  const folders = await plant(t.testdir(), { a: { width: 2, seen: [0, 0, 0, 0], labels: [0, 0, 0, 0] } });
  const evaluation = await evaluate({ ...folders, engine: redEngine(), classSet: two });
  t.match(JSON.parse(JSON.stringify(evaluation)), {
    G: 100,
    C: 100,
    mIoU: 100,
    BF: 100,
    perClass: { 'sky & <cloud>': { recall: null, IoU: null, BF: null } },
  });
  t.match(evaluation.warnings, [/no pixel of sky/]);
});

t.test('pictures larger than the network sees are scaled down, and masks back to the labels', async (t) => {
  const wide = Array.from({ length: 16 * 8 }, (_, i) => (i % 16 < 8 ? 0 : 1));
  const folders = await plant(t.testdir(), { a: { width: 16, seen: wide, labels: wide } });
  const sizes: string[] = [];
  const engine = redEngine({
    segment: async (batch) => {
      for (const { width, height } of batch) sizes.push(`${width}x${height}`);
      return batch.map(({ width, height }) => {
        const data = Uint8Array.from({ length: width * height }, (_, i) => (i % width < width / 2 ? 0 : 1));
        return { width, height, data };
      });
    },
  });
  t.equal((await evaluate({ ...folders, engine, classSet: two })).G, 100);
  t.equal((await evaluate({ ...folders, engine, classSet: two, size: { width: 32, height: 16 } })).G, 100);
  t.same(sizes, ['8x4', '32x16']);
});

t.test('batches hold pictures of one size; others go alone', async (t) => {
  const four = { width: 4, seen: half, labels: half };
  const folders = await plant(t.testdir(), { a: four, b: four, c: four, d: { ...four, width: 2 }, e: four });
  const batches: number[] = [];
  const engine = redEngine({
    segment: async (batch) => {
      batches.push(batch.length);
      return batch.map(redOf);
    },
  });
  const { G, images } = await evaluate({ ...folders, engine, classSet: two, batch: 2 });
  t.same([G, images], [100, 5]);
  t.same(batches.sort(), [1, 1, 1, 2]);
});

t.test('reading goes on while the network works, but not without bound', async (t) => {
  const picture = { width: 4, seen: half, labels: half };
  const names = Array.from({ length: 12 }, (_, i) => [`p${i}`, picture]);
  const folders = await plant(t.testdir(), Object.fromEntries(names));
  let waiting = 0;
  let most = 0;
  const engine = redEngine({
    segment: async (batch) => {
      waiting += 1;
      most = Math.max(most, waiting);
      await sleep(5);
      waiting -= 1;
      return batch.map(redOf);
    },
  });
  await evaluate({ ...folders, engine, classSet: two });
  t.ok(most >= 2 && most <= 3, `${most} batches were under way at once`);
});

t.test('a corruption spoils what the network sees', async (t) => {
  const wide = Array.from({ length: 8 * 8 }, (_, i) => (i < 16 ? 1 : 0));
  const folders = await plant(t.testdir(), { a: { width: 8, seen: wide, labels: wide } });
  const spoilt = await evaluate({ ...folders, engine: redEngine(), classSet: two, corruption: 'wide' });
  t.match(spoilt, { corruption: 'wide', G: 100 });
  t.same(
    spoilt.confusion,
    [
      [32, 0],
      [0, 0],
    ],
    'the upper two rows are cut off with their labels',
  );
});

t.test('faulty data is refused before the engine is asked', async (t) => {
  const folders = await plant(t.testdir(), {
    a: { width: 4, seen: half, labels: half },
    b: { width: 4, seen: half, labels: [7, 0, 1, 1, 0, 0, 1, 1] },
  });
  await writeFile(join(folders.images, 'alone.png'), await readFile(join(folders.images, 'a.png')));
  await writeFile(join(folders.labels, 'size.png'), await readFile(join(folders.labels, 'a.png')));
  await writeFile(
    join(folders.images, 'size.png'),
    encode({ width: 1, height: 1, channels: 1, data: Uint8Array.of(0) }),
  );
  const engine = redEngine({
    segment: async () => {
      throw new Error('the engine was asked');
    },
  });
  const failure: Failure = await evaluate({ ...folders, engine, classSet: two }).catch((error) => error);
  t.equal(failure.code, 'DATASET_INVALID');
  t.match(failure.message, /alone\.png has no other half/);
  t.match(failure.message, /b\.png, got 7/);
  t.match(failure.message, /size\.png is 1x1, its labels .* are 4x2/);
});

t.test('an engine of other classes is refused, and one that fails is heard', async (t) => {
  const folders = await plant(t.testdir(), { a: { width: 4, seen: half, labels: half } });
  await t.rejects(evaluate({ ...folders, engine: redEngine(), classSet: camvid11 }), {
    code: 'CLASSES_MISMATCH',
    message: /^Expected the weights to tell apart the classes of camvid-11 \(sky, .*\), got road, sky & <cloud>$/,
  });
  const died = new Failure('ENGINE_FAILED', 'The engine died');
  const engine = redEngine({ segment: () => Promise.reject(died) });
  await t.rejects(evaluate({ ...folders, engine, classSet: two }), died);
});

t.test('a picture that is cut off is named', async (t) => {
  const noise = Array.from({ length: 32 * 32 }, (_, i) => ((i * 7919) % 13 > 6 ? 1 : 0));
  const folders = await plant(t.testdir(), { a: { width: 32, seen: noise, labels: noise } });
  const path = join(folders.images, 'a.png');
  await writeFile(path, (await readFile(path)).subarray(0, 80));
  await t.rejects(evaluate({ ...folders, engine: redEngine(), classSet: two }), {
    code: 'DATASET_INVALID',
    message: /a\.png, but/,
  });
});

t.test('an abort ends it with the signal’s reason', async (t) => {
  const picture = { width: 4, seen: half, labels: half };
  const folders = await plant(t.testdir(), { a: picture, b: picture, c: picture, d: picture, e: picture, f: picture });
  const controller = new AbortController();
  let calls = 0;
  const engine = redEngine({
    segment: async (batch) => {
      calls += 1;
      return batch.map(redOf);
    },
  });
  const onProgress = () => controller.abort(new Error('enough'));
  await t.rejects(evaluate({ ...folders, engine, classSet: two, onProgress, signal: controller.signal }), {
    message: 'enough',
  });
  t.ok(calls < 6, 'pictures that were not begun are not begun');
});

t.test('the class set is guessed from the engine’s classes', async (t) => {
  t.equal(guessClassSet(camvid11.classes), camvid11);
  t.match(guessClassSet(two.classes), { classes: two.classes, voidIndex: 255 });

  const dir = t.testdir();
  const folders = await plant(dir, { a: { width: 2, seen: [0, 1], labels: [0, 1] } });
  t.equal((await evaluate({ ...folders, engine: redEngine() })).G, 100);
});

t.test('labels are numbered as a dataset.json says, and Cityscapes’ as its files are named', async (t) => {
  const dir = t.testdir();
  const path = join(dir, 'dataset.json');
  await writeFile(path, JSON.stringify({ name: 'two', classes: { ...two, labelValues: [7, 3] }, splits: {} }));
  const folders = await plant(dir, { a: { width: 2, seen: [0, 1], labels: [7, 3] } });
  t.equal((await evaluate({ ...folders, engine: redEngine(), classSet: await readClassSet(path) })).G, 100);
  t.equal(await readClassSet('camvid-11'), camvid11);
  await t.rejects(readClassSet(join(dir, 'none.json')), { code: 'DATASET_MISSING' });
  await t.rejects(readClassSet('none'), { code: 'CLASSES_UNKNOWN' });
  const [images, labels] = [join(dir, 'left'), join(dir, 'ids')];
  for (const [folder, name] of [
    [images, 'a_leftImg8bit.png'],
    [labels, 'a_gtFine_labelIds.png'],
  ] as const) {
    await mkdir(folder);
    await writeFile(join(folder, name), encode({ width: 1, height: 1, channels: 1, depth: 8, data: Uint8Array.of(7) }));
  }
  t.equal((await openLabelled(images, labels, cityscapes19.classes)).classSet, cityscapes19LabelIds);
  t.equal((await openLabelled(images, labels, cityscapes19.classes, cityscapes19)).classSet, cityscapes19);
});

t.test('the text has a line for each class and the four scores', async (t) => {
  const folders = await plant(t.testdir(), { a: { width: 4, seen: half, labels: [0, 0, 0, 0, 0, 0, 0, 0] } });
  const text = renderEvaluation(await evaluate({ ...folders, engine: redEngine(), classSet: two }));
  t.match(text, /^red \(fake, cpu, float32\) on 1 images, in \d+\.\d s; per cent$/m);
  t.match(text, /^road +50\.00 +50\.00 +0\.00$/m);
  t.match(text, /^sky & <cloud> +- +0\.00 +-$/m);
  t.match(text, /^ *50\.00 +50\.00 +25\.00 +0\.00$/m);
  t.match(text, /^0 road +50\.0 +50\.0$/m, 'the confusion matrix');
  t.match(text, /^1 sky & <cloud> +- +-$/m);
  t.match(text, /^Warning: The labels for .* have no pixel of sky & <cloud>$/m);
});

t.test('the confusion matrix is drawn as an SVG that renders', async (t) => {
  const dir = t.testdir({ taken: {} });
  const folders = await plant(dir, { a: { width: 4, seen: half, labels: [1, 1, 1, 1, 1, 1, 1, 255] } });
  const evaluation: Evaluation = await evaluate({ ...folders, engine: redEngine(), classSet: two });
  const svg = drawConfusion(evaluation);
  t.match(svg, 'sky &amp; &lt;cloud&gt;');
  t.match(svg, '>57.1<', 'four of seven pixels of sky were taken for road');
  const { format, width } = await sharp(Buffer.from(svg)).metadata();
  t.equal(format, 'svg');
  t.ok(width >= 450, `two classes leave room for the line of 72 letters above them: ${width}`);
  const longer = drawConfusion({ ...evaluation, network: 'n'.repeat(80) });
  t.ok((await sharp(Buffer.from(longer)).metadata()).width >= 16 + 80 * 9, 'and a long title');
});
