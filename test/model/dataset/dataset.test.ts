import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import t from 'tap';
import { camvid11, classSetByName } from '../../../model/classes.js';
import { filterDataset, openDataset, openPairs, titleOf } from '../../../model/dataset/dataset.js';
import { splitByDrive } from '../../../model/dataset/split-by-drive.js';
import { packagedFile } from '../../../pipeline/options/package-root.js';

/** Writes 1x1 images (and text files) below a folder. */
async function plant(dir: string, files: Readonly<Record<string, string | null>>): Promise<string> {
  const pixel = await sharp({ create: { width: 1, height: 1, channels: 3, background: '#000' } })
    .png()
    .toBuffer();
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(dir, path)), { recursive: true });
    await writeFile(join(dir, path), text ?? pixel);
  }
  return dir;
}

t.test('reads the layout of CamVid, in order of name, and says who has no other half', async (t) => {
  const dir = await plant(t.testdir(), {
    'train/b.png': null,
    'train/a.jpg': null,
    'train/alone.png': null,
    'train/.hidden.png': null,
    'train/notes.txt': 'no image',
    'trainannot/a.png': null,
    'trainannot/b.png': null,
    'trainannot/left-over.png': null,
  });
  const dataset = await openDataset(dir, 'train');
  t.equal(dataset.classSet, camvid11);
  t.same(dataset.items, [
    { name: 'a', imagePath: join(dir, 'train/a.jpg'), labelPath: join(dir, 'trainannot/a.png') },
    { name: 'b', imagePath: join(dir, 'train/b.png'), labelPath: join(dir, 'trainannot/b.png') },
  ]);
  t.match(dataset.unpaired, [
    { path: join(dir, 'train/alone.png'), lookedFor: /^alone\.png .*trainannot$/ },
    { path: join(dir, 'trainannot/left-over.png'), lookedFor: /^left-over\.png .*train$/ },
  ]);
  t.equal(dataset.unpaired.length, 2);
  await writeFile(join(dir, 'train/a.png'), '');
  t.match((await openDataset(dir, 'train')).unpaired[0], {
    path: join(dir, 'train/a.png'),
    lookedFor: /a name of its own, which .*a\.jpg has/,
  });
  t.same(filterDataset(dataset, ({ name }) => name !== 'a').items, dataset.items.slice(1));
});

t.test('reads the names of Cityscapes, train ids before label ids', async (t) => {
  const stem = 'aachen/aachen_000000_000019';
  const dir = await plant(t.testdir(), {
    [`leftImg8bit/val/${stem}_leftImg8bit.png`]: null,
    [`gtFine/val/${stem}_gtFine_labelIds.png`]: null,
    [`gtFine/val/${stem}_gtFine_color.png`]: null,
    [`gtFine/val/${stem}_gtFine_instanceIds.png`]: null,
  });
  const asDownloaded = await openDataset(dir, 'val');
  t.equal(asDownloaded.classSet.name, 'cityscapes-19-label-ids');
  t.same(asDownloaded.unpaired, []);
  t.equal(asDownloaded.items[0]?.name, stem);

  await plant(dir, { [`gtFine/val/${stem}_gtFine_labelTrainIds.png`]: null });
  const prepared = await openDataset(dir, 'val');
  t.equal(prepared.classSet.name, 'cityscapes-19');
  t.match(prepared.items[0]?.labelPath, /_gtFine_labelTrainIds\.png$/);
  t.same(prepared.unpaired, []);
  const named = await openDataset(dir, 'val', { classes: 'cityscapes-19-label-ids' });
  t.match(named.items[0]?.labelPath, /_gtFine_labelIds\.png$/, 'the class set decides, where it is given');

  const other = 'aachen/aachen_000001_000019';
  await plant(dir, {
    [`leftImg8bit/val/${other}_leftImg8bit.png`]: null,
    [`gtFine/val/${other}_gtFine_labelIds.png`]: null,
  });
  const mixed = await openDataset(dir, 'val');
  t.equal(mixed.classSet.name, 'cityscapes-19-label-ids', 'prepared by halves: all by what all have');
  t.ok(mixed.items.every(({ labelPath }) => /_gtFine_labelIds\.png$/.test(labelPath)));
  const trainIds = await openDataset(dir, 'val', { classes: 'cityscapes-19' });
  t.same([trainIds.items.length, trainIds.unpaired.length > 0], [1, true], 'what lacks the kind has no labels');
});

t.test('reads list files: two paths a line, or a name a line where folders are known', async (t) => {
  const dir = await plant(t.testdir(), {
    'train.txt': '\uFEFF# image labels\nimages/a.png labels/a.png\n\nimages/b c.png\tlabels/b c.png\r\n',
    'images/a.png': null,
    'labels/a.png': null,
    'images/b c.png': null,
    'labels/b c.png': null,
  });
  await t.rejects(openDataset(dir, 'train'), { code: 'CLASSES_UNKNOWN' }, 'a list does not say its classes');
  const listed = await openDataset(dir, 'train', { classes: 'camvid-12' });
  t.equal(listed.classSet.name, 'camvid-12');
  t.same(
    listed.items.map(({ imagePath }) => imagePath),
    [join(dir, 'images/a.png'), join(dir, 'images/b c.png')],
  );

  await plant(dir, {
    'names.txt': 'a\nmissing\n',
    'faulty.txt': 'a b c\n',
    'dataset.json': JSON.stringify({
      name: 'listed',
      classes: 'pascal-voc-21',
      splits: {
        train: { images: 'images', labels: 'labels', list: 'names.txt' },
        faulty: { images: 'images', labels: 'labels', list: 'faulty.txt' },
        empty: {},
      },
    }),
  });
  const named = await openDataset(dir, 'train');
  t.match(named, {
    name: 'listed',
    classSet: { name: 'pascal-voc-21' },
    unpaired: [{ path: join(dir, 'images/missing') }],
  });
  t.same(
    named.items.map(({ name }) => name),
    ['a'],
  );
  await t.rejects(openDataset(dir, 'faulty'), { code: 'DATASET_INVALID', message: /on line 1 of .*, got 'a b c'$/ });
  await t.rejects(openDataset(dir, 'empty'), { code: 'DATASET_INVALID', message: /"images" and "labels", or "list"/ });
  await t.rejects(openDataset(dir, 'test'), { code: 'DATASET_MISSING', message: /which has train, faulty, empty$/ });
  await t.rejects(openDataset(dir, 'toString'), { code: 'DATASET_MISSING' });
});

t.test('a list that is a folder, and pairs that a list has twice, are refused', async (t) => {
  const dir = await plant(t.testdir(), {
    'train.txt/inside.png': null,
    'val.txt': 'a.png b.png\n# again\n./a.png b.png\n',
    'names.txt': 'a\na\n',
    'images/a.png': null,
    'labels/a.png': null,
  });
  const classes = { classes: camvid11 };
  await t.rejects(openDataset(dir, 'train', classes), {
    code: 'DATASET_MISSING',
    message: /train\.txt, got a folder$/,
  });
  await t.rejects(openDataset(dir, 'val', classes), { code: 'DATASET_INVALID', message: /got line 1 again on 3$/ });
  const splits = { train: { images: 'images', labels: 'labels', list: 'names.txt' } };
  await plant(dir, { 'dataset.json': JSON.stringify({ name: 'named', classes: 'camvid-11', splits }) });
  await t.rejects(openDataset(dir, 'train'), { code: 'DATASET_INVALID', message: /got line 1 again on 2$/ });
});

t.test(
  'a drive is held out by the beginnings of its pictures’ names, whatever folders a list has them in',
  async (t) => {
    const dir = await plant(t.testdir(), {
      'train.txt':
        'images/0001_a.png labels/a.png\nimages/0002_b.png labels/b.png\nelsewhere/0001_c.png labels/c.png\n',
    });
    const { rest, held } = splitByDrive(await openDataset(dir, 'train', { classes: camvid11 }), ['0001']);
    t.same([held, rest].map(titleOf), [`${dir} (held out)`, `${dir} (train)`]);
    t.same(
      [held, rest].map(({ items }) => items.map(({ name }) => name)),
      [['images/0001_a', 'elsewhere/0001_c'], ['images/0002_b']],
    );
    const byFolder = splitByDrive(await openDataset(dir, 'train', { classes: camvid11 }), ['elsewhere/']);
    t.equal(byFolder.held.items.length, 1);
  },
);

t.test('takes classes of one’s own from dataset.json, and names the field that is wrong', async (t) => {
  const own = {
    name: 'two',
    voidIndex: 2,
    classes: [
      { name: 'road', colour: [1, 2, 3] },
      { name: 'sky', colour: [4, 5, 6] },
    ],
  };
  const dir = await plant(t.testdir(), { 'images/a.png': null, 'labels/a.png': null });
  const open = async (file: unknown) => {
    await plant(dir, { 'dataset.json': typeof file === 'string' ? file : JSON.stringify(file) });
    return openDataset(dir, 'train');
  };
  const splits = { train: { images: 'images', labels: 'labels' } };
  t.match(await open({ name: 'own', classes: own, splits }), { classSet: own, items: [{ name: 'a' }] });
  const marked = `\uFEFF${JSON.stringify({ name: 'marked', classes: own, splits })}`;
  t.match(await open(marked), { name: 'marked', classSet: own }, 'with a byte order mark');

  const manyOf = (_: unknown, index: number) => ({ name: `class ${index}`, colour: [index & 255, index >> 8, 0] });
  const faults: readonly [unknown, RegExp][] = [
    ['{', /it is not JSON/],
    ['null', /it is not an object/],
    [{ classes: own, splits }, /"name" is not a string/],
    [{ name: 'own', classes: own }, /"splits" is not an object/],
    [{ name: 'own', classes: own, splits: { train: null } }, /"splits.train" is not an object/],
    [{ name: 'own', classes: own, splits: { train: { images: 5 } } }, /"splits.train.images" is not a path/],
    [{ name: 'own', splits }, /"classes" is neither/],
    [{ name: 'own', splits, classes: { ...own, classes: {} } }, /"classes.classes" is not a list/],
    ...[0, 1, 256, 263].map((count): [unknown, RegExp] => [
      { name: 'own', splits, classes: { ...own, classes: Array.from({ length: count }, manyOf) } },
      new RegExp(`dataset\\.json .*"classes.classes" has ${count} classes, not 2 to 255$`),
    ]),
    [
      { name: 'own', splits: { train: { lst: 'a' } }, classes: own },
      /unknown field "splits.train.lst" \(Did you mean list\?\)/,
    ],
    [{ name: 'own', splits, classes: own, foo: 1 }, /unknown field "foo"; there are name, classes, splits$/],
    [
      { name: 'own', splits, classes: { ...own, voidIndx: 2 } },
      /unknown field "classes.voidIndx" \(Did you mean voidIndex\?\)/,
    ],
    [
      { name: 'own', splits, classes: { ...own, classes: [own.classes[0], { name: 'a', color: [1, 2, 4] }] } },
      /unknown field "classes.classes\[1\].color" \(Did you mean colour\?\)/,
    ],
    [
      { name: 'own', splits, classes: { ...own, classes: [own.classes[0], { name: ' ', colour: [1, 2, 4] }] } },
      /"classes.classes\[1\].name" is empty/,
    ],
    [{ name: 'own', splits, classes: { ...own, classes: [own.classes[0], null] } }, /"classes.classes\[1\]" is not/],
    [
      { name: 'own', splits, classes: { ...own, classes: [{ name: 'x', colour: [0, 0, 256] }, own.classes[1]] } },
      /"classes.classes\[0\]"/,
    ],
    [
      { name: 'own', splits, classes: { ...own, voidIndex: 1 } },
      /"classes.voidIndex" is neither null nor a number from 2 to 255/,
    ],
    [{ name: 'own', splits, classes: { ...own, labelValues: [1] } }, /"classes.labelValues" is not a list of 2/],
    [{ name: 'own', splits, classes: { ...own, voidLabels: ['x'] } }, /"classes.voidLabels"/],
    [{ name: 'own', splits, classes: { ...own, labelValues: [7, 7] } }, /"classes.labelValues" has 7 twice/],
    [
      { name: 'own', splits, classes: { ...own, voidLabels: [9, 1] } },
      /"classes.voidLabels" has 1, which is the value/,
    ],
    [
      { name: 'own', splits, classes: { ...own, labelValues: [5, 6], voidLabels: [6] } },
      /"classes.voidLabels" has 6, which is the value/,
    ],
    [{ name: 'own', splits, classes: { ...own, voidIndex: null, voidLabels: [9] } }, /"classes.voidIndex" is null/],
    [
      { name: 'own', splits, classes: { ...own, classes: own.classes.map((each) => ({ ...each, name: 'sky' })) } },
      /two of "classes.classes" are called sky/,
    ],
    [
      {
        name: 'own',
        splits,
        classes: { ...own, classes: own.classes.map((each) => ({ ...each, colour: [1, 2, 3] })) },
      },
      /two of "classes.classes" have the colour \[1, 2, 3\]/,
    ],
  ];
  for (const [file, message] of faults) await t.rejects(open(file), { code: 'DATASET_INVALID', message });
  await t.rejects(open({ name: 'own', splits, classes: 'camvid' }), { code: 'CLASSES_UNKNOWN' });
});

t.test('says what was looked for where there is no data set', async (t) => {
  const dir = await plant(t.testdir(), { 'images/a.png': null, 'empty/readme.txt': 'nothing' });
  await t.rejects(openDataset(dir, 'train'), {
    code: 'DATASET_MISSING',
    message: /dataset\.json, train\/ and trainannot\//,
  });
  await t.rejects(openDataset(join(dir, 'nowhere'), 'train'), { code: 'DATASET_MISSING' });
  await t.rejects(openPairs(join(dir, 'images'), join(dir, 'nowhere'), camvid11), {
    code: 'DATASET_MISSING',
    message: `Expected a folder of images at ${join(dir, 'nowhere')}, found none`,
  });
  await t.rejects(openPairs(join(dir, 'images/a.png'), join(dir, 'images'), camvid11), { message: /got a file$/ });
  await t.rejects(openPairs(join(dir, 'images'), join(dir, 'empty'), camvid11), { message: /^Expected images in/ });
});

t.test('the data sets that docs/datasets.md describes open, with its classes', async (t) => {
  const text = await readFile(packagedFile('docs', 'datasets.md'), 'utf8');
  const blocks = [...text.matchAll(/```json\n([\s\S]*?)```/g)].map(([, json]) => json!);
  const files = { '2012_1.jpg': 'JPEGImages', '2012_1.png': 'SegmentationClass', 'a.jpg': '.', 'a.png': '.' };
  const own = { 'b.jpg': 'pictures/train', 'b.png': 'labels/train' };
  const found: string[] = [];
  for (const json of blocks) {
    const dir = await plant(t.testdir({}), {
      ...Object.fromEntries(Object.entries({ ...files, ...own }).map(([name, folder]) => [join(folder, name), null])),
      'ImageSets/Segmentation/train.txt': '2012_1\n',
      'train.txt': 'a.jpg a.png\n',
      'dataset.json': json,
    });
    const { name, classSet, items, unpaired } = await openDataset(dir, 'train');
    t.equal(items.length, 1, name);
    t.same(unpaired, []);
    found.push(`${name}: ${classSet.name}`);
  }
  t.same(found, ['PASCAL VOC 2012: pascal-voc-21', 'SUN RGB-D: sun-rgbd-37', 'my street: street-3']);
  for (const [name] of text.matchAll(/(?<=`)(camvid-1\d|pascal-voc-\d+|sun-rgbd-\d+|cityscapes-19[\w-]*)(?=`)/g)) {
    t.equal(classSetByName(name).name, name);
  }
});
