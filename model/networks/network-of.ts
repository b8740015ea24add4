import { Failure } from '../failure.js';
import type { Network } from '../network.js';
import { checkWeights } from '../parameters.js';
import type { Weights } from '../weights.js';
import { buildNetwork } from './index.js';

/**
 * The network of a set of weights: the one that their card names, or the custom `network`, checked against classes and tensors.
 *
 * @throws `Failure` `WEIGHTS_MISMATCH` where they do not fit; `NETWORK_UNKNOWN`; `OPTION_INVALID` for more classes than a mask
 * can hold.
 */
export function networkOf({ card, tensors }: Weights, network?: Network): Network {
  const classes = card.classes.length;
  const found = network ?? buildNetwork(card.network, classes);
  if (found.classes !== classes) {
    throw new Failure(
      'WEIGHTS_MISMATCH',
      `Expected weights of ${found.name} with ${found.classes} classes, but their card names ${classes}`,
    );
  }
  checkWeights(found, tensors);
  return found;
}
