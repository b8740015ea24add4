import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { type ClassSet, haveSameNames } from '../classes.js';
import { checkDatasets } from '../dataset/check.js';
import { type Dataset, titleOf } from '../dataset/dataset.js';
import { type ClassFrequencies, completeFrequencies } from '../dataset/frequencies.js';
import type { ClassLabel } from '../engine.js';
import { Failure } from '../failure.js';
import type { WeightsCard } from '../weights.js';
import type { TrainingState } from './checkpoint.js';
import type { TrainOptions } from './train.js';

/** The result of checking the data sets of a training. */
export interface TrainingData {
  /**
   * The class frequencies of the training set, and of the extra set for classes that the training set lacks, so that those have
   * a weight in the loss (`classWeights` gives a class that never occurs no weight).
   */
  readonly frequencies: ClassFrequencies;
  /** The warnings about all sets. */
  readonly warnings: readonly string[];
}

/**
 * Reads all data of a training and reports progress to `onEvent`.
 *
 * @throws `Failure` `DATASET_INVALID`, also for sets whose classes differ; `STOPPED` on the signal.
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
  for (const other of others) {
    const { classSet } = other;
    if (hasSameClasses(classSet, train.classSet)) continue;
    const differ = classSet.name === train.classSet.name ? ', but other ones of that name' : '';
    throw new Failure(
      'DATASET_INVALID',
      `Expected ${titleOf(other)} to have the classes of ${titleOf(train)}, ${train.classSet.name}, got ${classSet.name}${differ}`,
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

/** True for the same class names; the numbers in label images may differ, as each set is read by its own. */
function hasSameClasses(left: ClassSet, right: ClassSet): boolean {
  return left.voidIndex === right.voidIndex && haveSameNames(left.classes, right.classes);
}

/** A hash of the picture names, without folders, which tells whether a training is resumed with the same data. */
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
 * Checks that a training is resumed with the classes that it began with: the same names in the same order.
 *
 * @throws `Failure` `CHECKPOINT_MISMATCH`.
 */
export function checkSameClasses(began: TrainingState, classes: readonly ClassLabel[]): void {
  if (haveSameNames(began.card.classes, classes)) return;
  const [before, after] = [began.card.classes, classes].map((labels) => labels.map(({ name }) => name).join(', '));
  throw new Failure(
    'CHECKPOINT_MISMATCH',
    `Expected the classes that the checkpoint was trained on (${before}), got ${after}`,
  );
}

/**
 * Checks that a training is resumed with the data that it began with, since its losses would not be comparable otherwise.
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
  if (began.listing !== listingOf(data)) {
    const message = `Expected the pictures that the checkpoint was trained on, got as many others in ${titleOf(data)}`;
    throw new Failure('CHECKPOINT_MISMATCH', message);
  }
}
