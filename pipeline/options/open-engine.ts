import type { Engine } from '../../model/engine.js';
import { checkEngineOptions, type EngineOptions } from './engine-options.js';
import { findWeights } from './find-weights.js';

/**
 * Makes the engine that options ask for, with the weights that they name or that come with the package.
 *
 * @param nameOf What an option is called in messages: itself in a program, `--weights` on the command line.
 * @throws `Failure` as `findWeights` and `createEngine`; `OPTION_INVALID`.
 */
export async function openEngine(options: EngineOptions = {}, nameOf?: (option: string) => string): Promise<Engine> {
  const checked = checkEngineOptions(options, nameOf ?? ((option) => option));
  const [{ createEngine }, { weights }] = await Promise.all([
    import('../../model/engines/index.js'),
    findWeights(checked, nameOf),
  ]);
  const { engine, provider, precision, threads, goal } = checked;
  return createEngine({ weights, engine, provider, precision, threads, goal });
}
