import t from 'tap';
import { initialWeights } from '../../../model/initial-weights.js';
import { buildNetwork } from '../../../model/networks/index.js';
import { startingWeights } from '../../../model/training/starting-weights.js';
import type { Weights } from '../../../model/weights.js';

const classesOf = (...names: string[]) => names.map((name) => ({ name, colour: [0, 0, 0] as const }));

function weightsOf(network: string, ...names: string[]): Weights {
  const card = {
    network,
    classes: classesOf(...names),
    normalisation: { mean: [0, 0, 0], std: [1, 1, 1] },
    inputSize: { width: 64, height: 48 },
  };
  return { card, tensors: initialWeights(buildNetwork(network, names.length), 1) };
}

t.test('weights for the same classes are all taken, whatever their colours', async (t) => {
  const weights = weightsOf('segnet-lite', 'road', 'sky');
  const classes = classesOf('road', 'sky').map((label) => ({ ...label, colour: [1, 2, 3] as const }));
  t.same(startingWeights(buildNetwork('segnet-lite', 2), classes, weights), { tensors: weights.tensors, anew: [] });
});

t.test('of weights for other classes, all is taken but what depends on their number', async (t) => {
  const weights = weightsOf('segnet-lite', 'road', 'sky');
  for (const names of [['sky', 'road'], ['road', 'air'], ['road', 'sky', 'car'], Array.from({ length: 255 }, String)]) {
    const network = buildNetwork('segnet-lite', names.length);
    const { tensors, anew } = startingWeights(network, classesOf(...names), weights);
    t.same(anew, ['classifier'], names.join());
    const left = [...weights.tensors.keys()].filter((name) => !tensors.has(name));
    t.same(left, ['classifier.weight', 'classifier.bias']);
    t.equal(tensors.get('conv2.weight'), weights.tensors.get('conv2.weight'));
  }
});

t.test(
  'in FCN-Basic, whose decoder has as many channels as there are classes, more layers depend on them',
  async (t) => {
    const anewIn = (network: string) =>
      startingWeights(buildNetwork(network, 3), classesOf('a', 'b', 'c'), weightsOf(network, 'a', 'b')).anew;
    t.same(anewIn('segnet-basic'), ['classifier']);
    t.ok(anewIn('fcn-basic').length > 1, anewIn('fcn-basic').join());
  },
);

t.test('weights that lack a tensor are refused, for other classes too', async (t) => {
  const { card, tensors } = weightsOf('segnet-lite', 'road', 'sky');
  const lacking = new Map([...tensors].filter(([name]) => name !== 'conv2.weight'));
  t.throws(
    () => startingWeights(buildNetwork('segnet-lite', 3), classesOf('a', 'b', 'c'), { card, tensors: lacking }),
    { code: 'WEIGHTS_MISMATCH', message: /conv2\.weight is missing/ },
  );
});
