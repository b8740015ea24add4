import { join } from 'node:path';
import sharp from 'sharp';
import t from 'tap';
import type { ClassSet } from '../../../model/classes.js';
import type { Dataset } from '../../../model/dataset/dataset.js';
import { classWeights } from '../../../model/training/loss.js';
import { recipes } from '../../../model/training/recipe.js';
import { checkTrainingData } from '../../../model/training/training-data.js';

const classSet: ClassSet = {
  name: 'three',
  title: 'Three',
  classes: [
    { name: 'road', colour: [1, 2, 3] },
    { name: 'sky', colour: [4, 5, 6] },
    { name: 'car', colour: [7, 8, 9] },
  ],
  voidIndex: 3,
};

/** A data set of one picture, four pixels wide, with these labels. */
async function oneOf(path: string, labels: readonly number[]): Promise<Dataset> {
  await sharp(Buffer.from(labels), { raw: { width: 4, height: 1, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toFile(path);
  const item = { name: 'a', imagePath: path, labelPath: path };
  return { name: path, classSet, items: [item], unpaired: [] };
}

t.test('a class that only the extra set has weighs in the loss by it, and the others as they did', async (t) => {
  const folder = t.testdir();
  const [train, lacking, extra] = await Promise.all([
    oneOf(join(folder, 'all.png'), [0, 0, 1, 2]),
    oneOf(join(folder, 'lacking.png'), [0, 0, 0, 1]),
    oneOf(join(folder, 'extra.png'), [1, 2, 2, 3]),
  ]);
  const recipe = recipes.compact;
  const weigh = async (data: Dataset, other: Dataset | undefined, extraShare: number) => {
    const mixed = { ...recipe, extraShare };
    const sets = { train: data, validation: train, ...(other && { extra: other }), recipe: mixed };
    return classWeights((await checkTrainingData(sets)).frequencies, 'median');
  };
  const alone = await weigh(lacking, undefined, 0.1);
  t.equal(alone[2], 0, 'no pixel, no weight');
  t.same(await weigh(lacking, extra, 0), alone, 'nor where nothing of the extra set is mixed in');
  // Frequencies of 3/4, 1/4 and, in the extra set, 2/4: their median is the last.
  t.same(await weigh(lacking, extra, 0.1), [2 / 3, 2, 1]);
  t.same(
    await weigh(train, extra, 0.1),
    await weigh(train, undefined, 0.1),
    'a set that has all classes is left alone',
  );
});
