import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type ClassSet, classSetByName } from '../model/classes.js';
import { openDataset } from '../model/dataset/dataset.js';
import { splitByDrive } from '../model/dataset/split-by-drive.js';
import { Failure } from '../model/failure.js';
import type { Network } from '../model/network.js';
import { buildNetwork } from '../model/networks/index.js';
import { type Checkpoint, checkpointPathOf, checkSameNetwork, readCheckpoint } from '../model/training/checkpoint.js';
import { readPretrainedEncoder } from '../model/training/pretrained-encoder.js';
import { type Recipe, recipes, suitableRecipe } from '../model/training/recipe.js';
import { startingWeights } from '../model/training/starting-weights.js';
import { loadTensorflow } from '../model/training/tensorflow.js';
import { type TrainResult, train } from '../model/training/train.js';
import { checkSameClasses } from '../model/training/training-data.js';
import { defaultNetwork } from './options/engine-options.js';
import { findWeights } from './options/find-weights.js';
import { asIs } from './options/flag.js';
import { makeOutputFolder } from './options/make-output-folder.js';
import { lockOutputs } from './run/output-lock.js';
import { type CheckedTrainingOptions, checkTrainingOptions, type TrainingOptions } from './train-options.js';

/**
 * Trains a network on a data set: `train` of the model, with its options looked up by name.
 *
 * @param nameOf What an option is called in messages: itself in a program, `--hold-out` on the command line.
 * @throws `Failure` as `train`; `OUTPUT_EXISTS` where `out` holds a checkpoint and `resume` is not asked for;
 * `OUTPUT_UNWRITABLE` where it cannot be made; `OUTPUT_BUSY` where another training writes there; `CHECKPOINT_MISMATCH` where what is resumed is another training; `OPTION_INVALID`.
 */
export async function trainNetwork(
  given: TrainingOptions,
  nameOf: (option: string) => string = asIs,
): Promise<TrainResult> {
  const options = checkTrainingOptions(given, nameOf);
  const { data, out, resume = false } = options;
  const checkEmpty = () => {
    if (resume || !existsSync(checkpointPathOf(out))) return;
    throw new Failure(
      'OUTPUT_EXISTS',
      `Expected ${out} to hold no training yet: resume it (${nameOf('resume')}) or name another folder`,
    );
  };
  checkEmpty();
  const classes = options.classes === undefined ? {} : { classes: classSetByName(options.classes) };
  const whole = await openDataset(data, 'train', classes);
  const folds = options.holdOut === undefined ? undefined : splitByDrive(whole, options.holdOut);
  if (folds !== undefined && (folds.held.items.length === 0 || folds.rest.items.length === 0)) {
    throw new Failure(
      'OPTION_INVALID',
      `Expected ${nameOf('holdOut')} to take a part of the training pictures; ${options.holdOut!.join(', ')} takes ${folds.held.items.length} of ${whole.items.length}`,
    );
  }
  const validation = folds?.held ?? (await openDataset(data, 'val', classes));
  const extra = options.extra === undefined ? undefined : await openDataset(options.extra, 'train', classes);
  let begun = resume ? await readCheckpoint(checkpointPathOf(out)) : undefined;
  const networkName = options.network ?? begun?.state.card.network ?? defaultNetwork;
  const network = buildNetwork(networkName, whole.classSet.classes.length);
  if (begun !== undefined) checkResumed(options, whole.classSet, network, begun, nameOf);
  if (options.pretrained !== undefined && options.weights !== undefined) {
    throw new Failure(
      'OPTION_INVALID',
      `Expected ${nameOf('pretrained')} or ${nameOf('weights')}: those of the second are whole, and leave nothing of the first`,
    );
  }
  const recipe = begun?.state.recipe ?? changed(recipes[options.recipe ?? suitableRecipe(network)], options);
  if (extra !== undefined && recipe.extraShare === 0) {
    throw new Failure(
      'OPTION_INVALID',
      `Expected no ${nameOf('extra')} with the recipe ${recipe.name}, which mixes nothing in`,
    );
  }
  const initial = new Map([
    ...(options.pretrained === undefined ? [] : await readPretrainedEncoder(options.pretrained, network)),
    ...(options.weights === undefined ? [] : await readStart(options, whole.classSet, network, nameOf)),
  ]);

  // Without TensorFlow no folder is left behind.
  await loadTensorflow();
  await makeOutputFolder(out);
  const lock = await lockOutputs([checkpointPathOf(out)]);
  try {
    // Another training may have saved and ended since the folder was looked at.
    checkEmpty();
    if (begun !== undefined) begun = await readCheckpoint(checkpointPathOf(out));
    await removeParts(out);
    return await train({
      network,
      recipe,
      train: folds?.rest ?? whole,
      validation,
      ...(extra !== undefined && { extra }),
      directory: out,
      seed: options.seed ?? 1,
      initial,
      ...(begun !== undefined && { resume: begun }),
      provenance: {
        data: whole.name,
        ...(extra !== undefined && { extra: extra.name }),
        ...(options.holdOut !== undefined && { heldOut: options.holdOut }),
        ...(options.command !== undefined && { command: options.command }),
      },
      ...(options.dataThreads !== undefined && { dataThreads: options.dataThreads }),
      ...(options.signal !== undefined && { signal: options.signal }),
      ...(options.onEvent !== undefined && { onEvent: options.onEvent }),
    });
  } finally {
    await lock.release();
  }
}

/** Removes what a killed training left of files that it was writing. */
async function removeParts(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (/^(?:(?:last|best)\.safetensors|report\.html|log\.jsonl)\.part\.\d+$/.test(name))
      await rm(join(folder, name), { force: true });
  }
}

/** What makes a training another one; the checkpoint has them. */
const FIXED = [
  'recipe',
  'epochs',
  'batch',
  'learningRate',
  'balancing',
  'selectBy',
  'validateEvery',
  'crop',
  'scales',
  'inputSize',
  'seed',
  'weights',
  'pretrained',
] as const satisfies readonly (keyof TrainingOptions)[];

function checkResumed(
  options: CheckedTrainingOptions,
  { classes }: ClassSet,
  network: Network,
  begun: Checkpoint,
  nameOf: (option: string) => string,
): void {
  const changed = FIXED.find((name) => options[name] !== undefined);
  if (changed !== undefined) {
    throw new Failure(
      'OPTION_INVALID',
      `Expected no ${nameOf(changed)} with ${nameOf('resume')}: the checkpoint has the recipe`,
    );
  }
  // First the classes: their number decides the network's shapes, which would tell less.
  checkSameClasses(begun.state, classes);
  checkSameNetwork(network, begun);
}

/** Reads the weights that a training starts from, and says what it cannot take over where they are for other classes. */
async function readStart(
  { weights: file, onEvent }: CheckedTrainingOptions,
  { classes }: ClassSet,
  network: Network,
  nameOf: (option: string) => string,
) {
  const { path, weights } = await findWeights({ weights: file, network: network.name }, nameOf);
  const { tensors, anew } = startingWeights(network, classes, weights);
  if (anew.length > 0) {
    const message = `The weights ${path} are for other classes: only ${anew.join(', ')} start${anew.length === 1 ? 's' : ''} anew`;
    onEvent?.({ kind: 'warning', message });
  }
  return tensors;
}

function changed(recipe: Recipe, options: CheckedTrainingOptions): Recipe {
  const { epochs, batch, learningRate, balancing, selectBy, validateEvery, crop, scales, inputSize } = options;
  return {
    ...recipe,
    ...(epochs !== undefined && { epochs }),
    ...(batch !== undefined && { batch }),
    ...(learningRate !== undefined && { learningRate }),
    ...(balancing !== undefined && { balancing }),
    ...(selectBy !== undefined && { selectBy }),
    ...(validateEvery !== undefined && { validateEvery }),
    ...(crop !== undefined && { crops: [{ untilShare: 1, crop }] }),
    ...(scales !== undefined && { augmentation: { ...recipe.augmentation, scales } }),
    ...(inputSize !== undefined && { inputSize }),
  };
}
