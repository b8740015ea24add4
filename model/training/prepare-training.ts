import { appendFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { outputFailure } from '../failure.js';
import { initialWeights } from '../initial-weights.js';
import { checkWeights } from '../parameters.js';
import type { Tensor } from '../safetensors.js';
import type { WeightsCard } from '../weights.js';
import { writeWhole } from '../write-whole.js';
import { checkSameNetwork } from './checkpoint.js';
import { classWeights } from './loss.js';
import { NORMALISATION } from './normalisation.js';
import type { Recipe } from './recipe.js';
import type { TrainOptions } from './train.js';
import { checkSameClasses, checkSameTraining, checkTrainingData, listingOf } from './training-data.js';
import type { TrainingEvent } from './training-event.js';

/** What is fixed before the first step of a training. */
export interface PreparedTraining {
  readonly recipe: Recipe;
  readonly seed: number;
  /** Every parameter of the network, as before the very first step. */
  readonly start: ReadonlyMap<string, Tensor>;
  /** The card of the weights file. Resuming does not change what it says about the options of the training. */
  readonly card: WeightsCard;
  /** SHA-256 of the names of the training pictures. */
  readonly listing: string;
  /** The weight of each class in the loss. */
  readonly weights: readonly number[];
  /** Calls `onEvent` and writes to `log.jsonl`. @throws `Failure` `OUTPUT_UNWRITABLE`. */
  readonly emit: (event: TrainingEvent) => Promise<void>;
}

/**
 * Creates the folder and log of a training, reads all data once and checks that data, network and checkpoint belong together.
 *
 * @throws `Failure` as `train` does before its first step.
 */
export async function prepareTraining(options: TrainOptions): Promise<PreparedTraining> {
  const { network, train, extra, directory, resume } = options;
  const { recipe, seed } = resume?.state ?? options;
  const start = new Map([...initialWeights(network, seed), ...(options.initial ?? [])]);
  if (resume === undefined) checkWeights(network, start);
  else {
    checkSameClasses(resume.state, train.classSet.classes);
    checkSameNetwork(network, resume);
  }
  await mkdir(directory, { recursive: true }).catch((error) => {
    throw outputFailure('the folder of training', directory, error, 'make');
  });
  const emit = await openLog(options);

  const { frequencies, warnings } = await checkTrainingData({ ...options, recipe });
  for (const message of warnings) await emit({ kind: 'warning', message });
  if (recipe.batch > train.items.length) {
    const message = `A batch is ${recipe.batch} pictures and the training set only ${train.items.length}: each step has some of them more than once`;
    await emit({ kind: 'warning', message });
  }

  const card: WeightsCard = {
    network: network.name,
    classes: train.classSet.classes,
    normalisation: NORMALISATION,
    inputSize: recipe.inputSize,
    training: {
      recipe,
      seed,
      images: train.items.length,
      extraImages: extra?.items.length ?? 0,
      ...options.provenance,
    },
  };
  if (resume !== undefined) checkSameTraining(resume.state, card, train);
  return {
    recipe,
    seed,
    start,
    card: resume?.state.card ?? card,
    listing: listingOf(train),
    weights: classWeights(frequencies, recipe.balancing),
    emit,
  };
}

/** Opens the log, which a resumed training continues. */
async function openLog({
  directory,
  resume,
  onEvent,
}: Pick<TrainOptions, 'directory' | 'resume' | 'onEvent'>): Promise<PreparedTraining['emit']> {
  const path = join(directory, 'log.jsonl');
  if (resume === undefined) await writeWhole(path, 'the log of training', []);
  return async (event) => {
    onEvent?.(event);
    await appendFile(path, `${JSON.stringify({ at: new Date().toISOString(), ...event })}\n`).catch((error) => {
      throw outputFailure('the log of training', path, error);
    });
  };
}
