import { CLASS_LIMITS } from '../classes.js';
import { didYouMean } from '../did-you-mean.js';
import { Failure } from '../failure.js';
import type { Network } from '../network.js';
import { deconvnet } from './deconvnet.js';
import { deeplabLargefov } from './deeplab-largefov.js';
import { enet } from './enet.js';
import { fcn8s } from './fcn.js';
import { segnet } from './segnet.js';
import { TABLE_1_VARIANTS, table1Variant } from './segnet-basic.js';
import { segnetEfficientnet } from './segnet-efficientnet.js';
import { segnetLite } from './segnet-lite.js';
import { unet } from './unet.js';

/** Builders, by name, of the networks in the SegNet paper and its comparisons, of ENet, and of this project's own. Each takes the number of classes. */
const builders: ReadonlyMap<string, (classes: number) => Network> = new Map<string, (classes: number) => Network>([
  ['segnet', segnet],
  ...TABLE_1_VARIANTS.map((variant) => [variant.name, (classes: number) => table1Variant(variant, classes)] as const),
  ['fcn', (classes) => fcn8s(classes, false)],
  ['fcn-learnt-deconv', (classes) => fcn8s(classes, true)],
  ['deeplab-largefov', deeplabLargefov],
  ['deconvnet', deconvnet],
  ['unet', unet],
  ['enet', enet],
  ['segnet-lite', segnetLite],
  ['segnet-efficientnet', segnetEfficientnet],
]);

/** The names that `buildNetwork` accepts, the SegNet paper's in its order, then ENet, this project's own last. */
export const networkNames: readonly string[] = [...builders.keys()];

/**
 * Builds the network `name` for `classes` classes.
 *
 * @throws `Failure` `NETWORK_UNKNOWN`, listing the known names; `OPTION_INVALID` for fewer than 2 or more than 255 classes.
 */
export function buildNetwork(name: string, classes: number): Network {
  const builder = builders.get(name);
  if (builder === undefined) {
    const message = `Expected the network to be one of ${networkNames.join(', ')}; got ${name}`;
    throw new Failure('NETWORK_UNKNOWN', message + didYouMean(name, networkNames));
  }
  const { min, max } = CLASS_LIMITS;
  if (!Number.isInteger(classes) || classes < min || classes > max) {
    throw new Failure(
      'OPTION_INVALID',
      `Expected the number of classes to be a whole number from ${min} to ${max}, got ${classes}`,
    );
  }
  return builder(classes);
}
