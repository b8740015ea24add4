import { Failure } from '../failure.js';
import type { Network } from '../network.js';
import { checkWeights } from '../parameters.js';
import { checkWeightsCard, type Weights } from '../weights.js';
import { buildNetwork } from './index.js';

/**
 * The network of a set of weights: the one that their card names, or the custom `network`, checked against classes and tensors.
 *
 * @throws `Failure` `WEIGHTS_INVALID` for a card that lacks something; `WEIGHTS_MISMATCH` where they do not fit; `NETWORK_UNKNOWN`; `OPTION_INVALID` for more classes than a mask
 * can hold.
 */
export function networkOf(weights: Weights, network?: Network): Network {
  checkWeightsCard(weights);
  const { card, tensors } = weights;
  const classes = card.classes.length;
  const found = network ?? buildKnown(card.network, classes);
  if (found.classes !== classes) {
    throw new Failure(
      'WEIGHTS_MISMATCH',
      `Expected weights of ${found.name} with ${found.classes} classes, but their card names ${classes}`,
    );
  }
  checkWeights(found, tensors);
  return found;
}

/** As `buildNetwork`; what it says of an unknown name tells what a program can do that has defined a network of its own. */
function buildKnown(name: string, classes: number): Network {
  try {
    return buildNetwork(name, classes);
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'NETWORK_UNKNOWN') throw error;
    const message = `${error.message}; a program gives a network of its own as the option \`network\` of createEngine`;
    throw new Failure(error.code, message, { cause: error });
  }
}
