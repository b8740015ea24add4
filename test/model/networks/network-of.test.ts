import t from 'tap';
import { buildNetwork } from '../../../model/networks/index.js';
import { networkOf } from '../../../model/networks/network-of.js';
import { randomWeights } from '../engines/random-weights.js';

const network = buildNetwork('enet', 11);
const weights = randomWeights(network, 1);

t.test('weights are of the network that their card names, or of one’s own', async (t) => {
  t.match(networkOf(weights), { name: 'enet', classes: 11 });
  const own = { ...network, name: 'mine' };
  const card = { ...weights.card, network: 'mine' };
  t.equal(networkOf({ ...weights, card }, own), own);
  t.throws(() => networkOf({ ...weights, card }), {
    code: 'NETWORK_UNKNOWN',
    message: /got mine; .* the option `network` of createEngine$/,
  });
});

t.test('a card that a program made has to have what one in a file has', async (t) => {
  const cards: readonly object[] = [
    { ...weights.card, normalisation: { mean: [0.5], std: [1] } },
    { ...weights.card, normalisation: { mean: [0, 0, 0], std: [1, 0, 1] } },
    { ...weights.card, inputSize: { width: 0, height: 0 } },
  ];
  for (const card of cards) {
    t.throws(() => networkOf({ ...weights, card } as typeof weights), {
      code: 'WEIGHTS_INVALID',
      message: /std above 0/,
    });
  }
  t.throws(() => networkOf({} as typeof weights), { code: 'WEIGHTS_INVALID' });
});

t.test('classes and tensors that do not fit the network are named', async (t) => {
  const mismatch = 'WEIGHTS_MISMATCH';
  const card = { ...weights.card, classes: weights.card.classes.slice(1) };
  t.throws(() => networkOf({ ...weights, card }, network), { code: mismatch, message: /enet with 11 .* names 10$/ });
  t.throws(() => networkOf({ ...weights, card }), { code: mismatch, message: /^Expected weights of enet, but/ });
  t.throws(() => networkOf({ ...weights, tensors: new Map() }), { code: mismatch, message: /is missing/ });
});
