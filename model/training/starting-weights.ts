import { isDeepStrictEqual } from 'node:util';
import { haveSameNames } from '../classes.js';
import type { ClassLabel } from '../engine.js';
import type { Network } from '../network.js';
import { buildNetwork } from '../networks/index.js';
import { networkOf } from '../networks/network-of.js';
import { parametersOf } from '../parameters.js';
import type { Tensor } from '../safetensors.js';
import type { Weights } from '../weights.js';

/** What a training takes over from other weights of its network. */
export interface StartingWeights {
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** The layers that start anew, since the weights are for other classes; empty for the same names in the same order. */
  readonly anew: readonly string[];
}

/**
 * Picks from weights of a network in the registry what a training on `classes` can start from: all of it if they are for the
 * same classes, otherwise all but the parameters whose shape depends on the number of classes.
 *
 * @throws `Failure` as `networkOf`, for weights that are not whole.
 */
export function startingWeights(network: Network, classes: readonly ClassLabel[], weights: Weights): StartingWeights {
  networkOf(weights);
  const { card, tensors } = weights;
  if (haveSameNames(card.classes, classes)) return { tensors, anew: [] };
  const parameters = parametersOf(network);
  // Built for another number of classes, it shows which ones depend on it.
  const other = new Map(
    parametersOf(buildNetwork(network.name, network.classes === 2 ? 3 : 2)).map(({ name, shape }) => [name, shape]),
  );
  const dependent = parameters.filter(({ name, shape }) => !isDeepStrictEqual(other.get(name), shape));
  const kept = new Map(tensors);
  for (const { name } of dependent) kept.delete(name);
  return { tensors: kept, anew: [...new Set(dependent.map(({ layer }) => layer.name))] };
}
