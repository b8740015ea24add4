import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { ClassSet } from '../classes.js';
import { checkDatasets } from '../dataset/check.js';
import type { Dataset } from '../dataset/dataset.js';
import { type ClassFrequencies, completeFrequencies } from '../dataset/frequencies.js';
import { Failure } from '../failure.js';
import type { WeightsCard } from '../weights.js';
import type { TrainingState } from './checkpoint.js';
import type { TrainOptions } from './train.js';

/** What the data sets of a training that passed their check are like. */
export interface TrainingData {
  /**
   * Of the training set; of a class that it lacks, those of the extra set, so that what is mixed in of it weighs in the loss
   * (`classWeights` gives a class that never occurs no weight).
   */
  readonly frequencies: ClassFrequencies;
  /** Of all sets. */
  readonly warnings: readonly string[];
}

/**
 * Reads the data sets of a training to their end, and tells `onEvent` how far it is.
 *
 * @throws `Failure` `DATASET_INVALID`, for sets whose classes differ too; `STOPPED` on the signal.
 */
export async function checkTrainingData({
  train,
  validation,
  extra,
  recipe,
  signal,
  onEvent,
}: Pick<TrainOptions, 'train' | 'validation' | 'extra' | 'recipe' | 'signal' | 'onEvent'>): Promise<TrainingData> {
  const others = extra === undefined ? [validation] : [validation, extra];
  for (const { name, classSet } of others) {
    if (hasSameClasses(classSet, train.classSet)) continue;
    const differ = classSet.name === train.classSet.name ? ', but other ones of that name' : '';
    throw new Failure(
      'DATASET_INVALID',
      `Expected ${name} to have the classes of ${train.name}, ${train.classSet.name}, got ${classSet.name}${differ}`,
    );
  }
  const reports = await checkDatasets([train, ...others], {
    signal,
    onProgress: (done, total) => onEvent?.({ kind: 'check', done, total }),
  }).catch((error: unknown) => {
    if (!signal?.aborted) throw error;
    throw new Failure('STOPPED', 'Training was stopped while its data were read: nothing has changed');
  });
  const [own, , mixedIn] = reports.map(({ frequencies }) => frequencies);
  return {
    frequencies: mixedIn === undefined || recipe.extraShare === 0 ? own! : completeFrequencies(own!, mixedIn),
    warnings: reports.flatMap(({ warnings }) => warnings),
  };
}

/** The numbers in their files may differ: each is read by its own. */
function hasSameClasses(left: ClassSet, right: ClassSet): boolean {
  const [ours, theirs] = [left, right].map(({ classes, voidIndex }) => [voidIndex, ...classes.map(({ name }) => name)]);
  return isDeepStrictEqual(ours, theirs);
}

/** A hash of the names alone, wherever they lie: by it another data set in the place of the first is known. */
export function listingOf({ items }: Dataset): string {
  return createHash('sha256')
    .update(items.map(({ name }) => basename(name)).join('\n'))
    .digest('hex');
}

const RESUMED_WITH = {
  images: 'training pictures',
  extraImages: 'extra pictures, --extra',
  heldOut: 'held-out prefixes, --hold-out',
} as const;

/**
 * Refuses to go on with other data than a training began with: its losses would be of another training.
 *
 * @throws `Failure` `CHECKPOINT_MISMATCH`.
 */
export function checkSameTraining(began: TrainingState, now: WeightsCard, data: Dataset): void {
  for (const key of ['images', 'extraImages', 'heldOut'] as const) {
    const [before, after] = [began.card, now].map(({ training }) => JSON.stringify(training?.[key] ?? 'none'));
    if (before !== after) {
      throw new Failure(
        'CHECKPOINT_MISMATCH',
        `Expected the data that the checkpoint was trained on (${RESUMED_WITH[key]}: ${before}), got ${after}`,
      );
    }
  }
  // Checkpoints of before there were listings have none.
  if (began.listing !== undefined && began.listing !== listingOf(data)) {
    const message = `Expected the pictures that the checkpoint was trained on, got as many others in ${data.name}`;
    throw new Failure('CHECKPOINT_MISMATCH', message);
  }
}
