import { readFile } from 'node:fs/promises';
import t from 'tap';
import { buildNetwork } from '../../../model/networks/index.js';
import { cropAt, learningRateAt, type Recipe, recipes, suitableRecipe } from '../../../model/training/recipe.js';
import { packagedFile } from '../../../pipeline/options/package-root.js';

t.test("the paper's recipe keeps 0.1 to the end", async (t) => {
  t.equal(learningRateAt(recipes.paper, 0, 100), 0.1);
  t.equal(learningRateAt(recipes.paper, 99, 100), 0.1);
});

t.test('one cycle warms up in a line and comes down in half a cosine to nothing', async (t) => {
  const recipe: Recipe = { ...recipes.modern, learningRate: 1, warmupShare: 0.1 };
  t.same(
    [0, 4, 9].map((step) => learningRateAt(recipe, step, 100)),
    [0.1, 0.5, 1],
  );
  t.ok(Math.abs(learningRateAt(recipe, 55, 100) - 0.5) < 1e-12);
  t.ok(learningRateAt(recipe, 99, 100) < 0.001);
});

t.test('crops grow with the share of training that is done', async (t) => {
  const [small, large] = [
    { width: 96, height: 64 },
    { width: 192, height: 128 },
  ];
  const recipe: Recipe = {
    ...recipes.modern,
    epochs: 10,
    crops: [
      { untilShare: 0.7, crop: small },
      { untilShare: 1, crop: large },
    ],
  };
  t.same(
    [0, 6, 7, 9].map((epoch) => cropAt(recipe, epoch)),
    [small, small, large, large],
  );
});

t.test('a network gets the recipe for what it costs', async (t) => {
  const suitable = (name: string) => suitableRecipe(buildNetwork(name, 11));
  t.same(['segnet-lite', 'enet'].map(suitable), ['compact', 'compact']);
  t.same(['segnet-basic', 'segnet-basic-single-channel-decoder', 'segnet'].map(suitable), [
    'modern',
    'modern',
    'modern',
  ]);
});

t.test('the table of docs/training.md has the recipes as they are', async (t) => {
  const text = await readFile(packagedFile('docs', 'training.md'), 'utf8');
  const table = text
    .split('\n## Recipes\n')[1]!
    .split('\n\n')
    .find((block) => block.startsWith('| | `paper`'))!;
  const [head, , ...rows] = table.split('\n').map((line) => line.split('|').slice(1, -1));
  const names = head!.slice(1).map((cell) => cell.trim().replaceAll('`', ''));
  t.same([...names].sort(), Object.keys(recipes).sort());
  const sizeOf = ({ width, height }: { readonly width: number; readonly height: number }) => `${width}x${height}`;
  /** What a row says of a recipe: numbers in the table's own notation, and sizes. */
  const figures: Readonly<Record<string, (recipe: Recipe) => readonly (string | number)[]>> = {
    epochs: ({ epochs }) => [epochs],
    'learning rate': ({ learningRate }) => [learningRate],
    batch: ({ batch }) => [batch],
    crop: ({ crops }) => crops.map(({ crop }) => sizeOf(crop)),
    scales: ({ augmentation }) => [...new Set(augmentation.scales)],
    balancing: ({ balancing }) => [balancing],
    'averaging of the weights': ({ averaging }) => [averaging === 0 ? 'none' : averaging],
    'input size': ({ inputSize }) => [sizeOf(inputSize)],
    'epoch that is kept': ({ selectBy }) => [`best ${selectBy}`],
    'validation every': ({ validateEvery }) => [validateEvery],
  };
  for (const [title, figuresOf] of Object.entries(figures)) {
    const row = rows.find(([first]) => first!.trim().startsWith(title))!;
    names.forEach((name, i) => {
      const cell = row[i + 1]!.trim();
      const numbers = cell.split(' to ').map(Number);
      const expected = figuresOf(recipes[name as keyof typeof recipes]);
      const isSaid = expected.every((figure) =>
        typeof figure === 'number' ? numbers.includes(figure) : cell.includes(figure),
      );
      t.ok(isSaid, `${title} of ${name}: ${cell}, and is ${expected}`);
    });
  }
});
