import { join } from 'node:path';
import sharp from 'sharp';
import t from 'tap';
import type { ClassSet } from '../../../model/classes.js';
import { type BatchSettings, createBatches } from '../../../model/training/batches.js';

const [width, height] = [8, 8];

/** Writes a picture of one value. */
async function plant(path: string, value: number): Promise<string> {
  await sharp(Buffer.alloc(width * height, value), { raw: { width, height, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toFile(path);
  return path;
}

const classSet: ClassSet = {
  name: 'two',
  title: 'Two',
  classes: [
    { name: 'road', colour: [1, 2, 3] },
    { name: 'sky', colour: [4, 5, 6] },
  ],
  voidIndex: 2,
};

/** The classes of a batch of crops, half of them borrowed. */
async function classesOf(data: Pick<BatchSettings, 'items' | 'extraItems' | 'extraClassSet'>): Promise<number[]> {
  const augmentation = {
    scales: [1, 1],
    aspect: 0,
    flip: false,
    colour: 0,
    light: 0,
    noise: 0,
    blur: 0,
    mix: 0,
  } as const;
  const batches = createBatches({ ...data, classSet, extraShare: 0.5, seed: 1, augmentation, fill: [0, 0, 0] });
  try {
    const { labels } = await batches.next({ epoch: 0, step: 0, batch: 16, crop: { width, height } }, []);
    return [...new Set(labels)].sort();
  } finally {
    await batches.close();
  }
}

t.test('a picture that the extra set has too keeps the labels of each', async (t) => {
  const folder = t.testdir();
  const imagePath = await plant(join(folder, 'a.png'), 100);
  const item = { name: 'a', imagePath, labelPath: await plant(join(folder, 'road.png'), 0) };
  const other = { ...item, labelPath: await plant(join(folder, 'sky.png'), 1) };
  t.same(await classesOf({ items: [item], extraItems: [other], extraClassSet: classSet }), [0, 1]);
});

t.test('and is read by the numbers of each, also where both sets are of one name', async (t) => {
  const folder = t.testdir();
  const imagePath = await plant(join(folder, 'a.png'), 100);
  const item = { name: 'a', imagePath, labelPath: await plant(join(folder, 'labels.png'), 0) };
  const turned = { ...classSet, labelValues: [1, 0] };
  t.same(await classesOf({ items: [item], extraItems: [item], extraClassSet: turned }), [0, 1]);
});
