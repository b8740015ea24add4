import { readdir } from 'node:fs/promises';
import { listChoices, optionInvalid } from '../../model/check-option.js';
import { didYouMean } from '../../model/did-you-mean.js';
import { Failure } from '../../model/failure.js';
import { networkNames } from '../../model/networks/index.js';
import { readWeights, type Weights } from '../../model/weights.js';
import { defaultNetwork, type EngineOptions } from './engine-options.js';
import { asIs } from './flag.js';
import { packagedFile } from './package-root.js';

const ENDING = '.safetensors';

/** The networks whose trained weights come with the package. */
export async function packagedNetworks(): Promise<readonly string[]> {
  const names = await readdir(packagedFile('model', 'weights')).catch(() => []);
  return names.filter((name) => name.endsWith(ENDING)).map((name) => name.slice(0, -ENDING.length));
}

/**
 * Reads the weights given by `weights` and `network`: a file, or the packaged ones.
 *
 * @throws `Failure` `WEIGHTS_MISSING`, `WEIGHTS_INVALID`, and `OPTION_INVALID` where the file is for another network.
 */
export async function findWeights(
  options: Pick<EngineOptions, 'network' | 'weights'>,
  nameOf: (option: string) => string = asIs,
): Promise<{ readonly path: string; readonly weights: Weights }> {
  const { network = defaultNetwork } = options;
  const path = options.weights ?? packagedFile('model', 'weights', `${network}${ENDING}`);
  const weights = await readWeights(path).catch(async (error: unknown) => {
    const missing = error instanceof Failure && error.code === 'WEIGHTS_MISSING' && options.weights === undefined;
    if (!missing) throw error;
    if (!(networkNames as readonly string[]).includes(network)) {
      throw optionInvalid(nameOf('network'), 'one that `segnet-stream describe` lists', network, networkNames);
    }
    const known = await packagedNetworks();
    const packaged = known.length > 0 ? `they come for ${listChoices(known)}` : 'none do';
    const message = `No weights come with the package for the network ${network} (${packaged}): give a file with ${nameOf('weights')}`;
    throw new Failure('WEIGHTS_MISSING', message + didYouMean(network, known));
  });
  if (options.network !== undefined && weights.card.network !== options.network) {
    throw optionInvalid(nameOf('weights'), `a file for the network ${options.network}`, weights.card.network);
  }
  return { path, weights };
}
