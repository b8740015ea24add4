import type { Engine } from '../../model/engine.js';
import { checkEngineOptions, type EngineOptions } from './engine-options.js';
import { findWeights } from './find-weights.js';
import { asIs } from './flag.js';

/**
 * Creates an engine by options, with the weights that they name or the packaged ones.
 *
 * @param nameOf Returns an option's name for messages: itself in a program, `--weights` on the command line.
 * @throws `Failure` as `findWeights` and `createEngine`; `OPTION_INVALID`.
 */
export async function openEngine(
  options: EngineOptions = {},
  nameOf: (option: string) => string = asIs,
): Promise<Engine> {
  const checked = checkEngineOptions(options, nameOf);
  const [{ createEngine }, { weights }] = await Promise.all([
    import('../../model/engines/index.js'),
    findWeights(checked, nameOf),
  ]);
  const { engine, provider, precision, threads, goal } = checked;
  return createEngine({ weights, engine, provider, precision, threads, goal });
}
