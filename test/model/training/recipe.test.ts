import t from 'tap';
import { buildNetwork } from '../../../model/networks/index.js';
import { cropAt, learningRateAt, type Recipe, recipes, suitableRecipe } from '../../../model/training/recipe.js';

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
