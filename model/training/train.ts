import { existsSync } from 'node:fs';
import { appendFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Dataset } from '../dataset/dataset.js';
import { Failure, outputFailure } from '../failure.js';
import { initialWeights } from '../initial-weights.js';
import type { Network } from '../network.js';
import { checkWeights } from '../parameters.js';
import type { WeightsCard, Tensor as WeightTensor } from '../weights.js';
import { notFinite, writeWeights } from '../weights.js';
import { writeWhole } from '../write-whole.js';
import { type BatchPlace, createBatches } from './batches.js';
import {
  type Checkpoint,
  checkpointPathOf,
  checkSameNetwork,
  type TrainingState,
  writeCheckpoint,
} from './checkpoint.js';
import { createLearner } from './learner.js';
import { classWeights } from './loss.js';
import { NORMALISATION } from './normalisation.js';
import { cropAt, learningRateAt, type Recipe } from './recipe.js';
import { loadTensorflow } from './tensorflow.js';
import { checkSameTraining, checkTrainingData, listingOf } from './training-data.js';
import type { TrainingEvent } from './training-event.js';
import { reportTraining, validate } from './validate.js';

/** How many batches the data threads work ahead. */
const BATCHES_AHEAD = 3;

/** What to train, on what, and how. */
export interface TrainOptions {
  readonly network: Network;
  readonly recipe: Recipe;
  readonly train: Dataset;
  readonly validation: Dataset;
  /** Pictures mixed in by the recipe's `extraShare`. Classes weigh by `train`; those that it lacks, by these. */
  readonly extra?: Dataset;
  /** The folder of checkpoint, best weights and log. */
  readonly directory: string;
  readonly seed: number;
  /** Weights to start from; the rest starts by He's rule. If not provided, everything does. */
  readonly initial?: ReadonlyMap<string, WeightTensor>;
  /** Goes on from here, with its recipe and seed: the folder's `last.safetensors`. */
  readonly resume?: Checkpoint;
  /** What the card should say of the command and the data. */
  readonly provenance?: Readonly<Record<string, unknown>>;
  /** Threads that read and cut pictures. If not provided, defaults to: 1, which keeps TensorFlow's threads of a few cores busy. */
  readonly dataThreads?: number;
  /** Saves and stops after the step under way. */
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: TrainingEvent) => void;
}

/** How training ended. */
export interface TrainResult {
  readonly epochs: number;
  readonly stopped: boolean;
  readonly best?: TrainingState['best'];
  /** The kept weights; absent if no epoch was validated, or they are not there. */
  readonly weightsPath?: string;
  readonly checkpointPath: string;
  readonly seconds: number;
}

/**
 * Trains a network. Leaves in `directory`: `last.safetensors`, the checkpoint, written atomically after every epoch and
 * on a stop; `best.safetensors`, the weights of the epoch that validated best; `log.jsonl`, one event a
 * line; `report.html`, renewed at every validation.
 *
 * @throws `Failure` `ENGINE_UNAVAILABLE` without TensorFlow; `DATASET_INVALID` before the first step, `STOPPED` on a stop before
 * it; `TRAINING_DIVERGED`
 * where the loss is no number any more: the last checkpoint is from before; `CHECKPOINT_MISMATCH` on resuming with another
 * network or other data, `CHECKPOINT_INVALID` where its averages or the optimizer's state are missing; `WEIGHTS_MISMATCH` for weights to
 * start from of other shapes than the network's; `PICTURE_*` and `TRAINING_FAILED` where a picture is gone meanwhile or a data thread died, with what was learnt until
 * then in the checkpoint; `OUTPUT_UNWRITABLE`.
 */
export async function train(options: TrainOptions): Promise<TrainResult> {
  const { network, train: data, validation, extra, directory, onEvent } = options;
  const tf = await loadTensorflow();
  const resumed = options.resume;
  const recipe = resumed?.state.recipe ?? options.recipe;
  const seed = resumed?.state.seed ?? options.seed;
  const start = new Map([...initialWeights(network, seed), ...(options.initial ?? [])]);
  if (resumed === undefined) checkWeights(network, start);
  else checkSameNetwork(network, resumed);
  await mkdir(directory, { recursive: true }).catch((error) => {
    throw outputFailure('the folder of training', directory, error, 'make');
  });
  const checkpointPath = checkpointPathOf(directory);
  const weightsPath = join(directory, 'best.safetensors');

  const logPath = join(directory, 'log.jsonl');
  if (resumed === undefined) await writeWhole(logPath, 'the log of training', []);
  const emit = async (event: TrainingEvent) => {
    onEvent?.(event);
    await appendFile(logPath, `${JSON.stringify({ at: new Date().toISOString(), ...event })}\n`).catch((error) => {
      throw outputFailure('the log of training', logPath, error);
    });
  };

  const { frequencies, warnings } = await checkTrainingData({ ...options, recipe });
  for (const message of warnings) await emit({ kind: 'warning', message });

  const fresh: WeightsCard = {
    network: network.name,
    classes: data.classSet.classes,
    normalisation: NORMALISATION,
    inputSize: recipe.inputSize,
    training: { recipe, seed, images: data.items.length, extraImages: extra?.items.length ?? 0, ...options.provenance },
  };
  const listing = listingOf(data);
  if (resumed !== undefined) checkSameTraining(resumed.state, fresh, data);
  // How it began, `--weights` and all, is how it was trained.
  const card = resumed?.state.card ?? fresh;

  const stepsPerEpoch = Math.max(1, Math.floor(data.items.length / recipe.batch));
  const steps = stepsPerEpoch * recipe.epochs;
  const weights = classWeights(frequencies, recipe.balancing);
  const learner = createLearner(tf, network, recipe, start, NORMALISATION, weights, seed);
  const batches = createBatches(
    {
      items: data.items,
      extraItems: extra?.items ?? [],
      extraShare: extra === undefined ? 0 : recipe.extraShare,
      classSet: data.classSet,
      extraClassSet: extra?.classSet ?? data.classSet,
      seed,
      augmentation: recipe.augmentation,
      fill: NORMALISATION.mean.map((mean) => Math.round(mean * 255)) as [number, number, number],
    },
    options.dataThreads,
  );

  let { epoch, step, seconds, best } = resumed?.state ?? { epoch: 0, step: 0, seconds: 0, best: undefined };
  let losses = resumed?.state.losses ?? { sum: 0, count: 0 };
  const diverged = (what: string) => {
    const saved =
      epoch > 0 || resumed ? `${checkpointPath} is from before` : 'No epoch was finished, so there is no checkpoint';
    return new Failure('TRAINING_DIVERGED', `${what}: try a smaller learning rate. ${saved}`);
  };
  const save = (tensors = learner.tensors()) => {
    const state = {
      recipe,
      seed,
      epoch,
      step,
      seconds,
      card,
      losses,
      listing,
      ...(best === undefined ? {} : { best }),
    };
    return writeCheckpoint(checkpointPath, { state, tensors });
  };
  const result = (stopped: boolean): TrainResult => ({
    epochs: epoch,
    stopped,
    checkpointPath,
    seconds,
    // Where it was resumed without its weights, they come with the next epoch that is better.
    ...(best && { best, ...(existsSync(weightsPath) && { weightsPath }) }),
  });
  const placeOf = (index: number): BatchPlace => {
    const at = Math.floor(index / stepsPerEpoch);
    return { epoch: at, step: index % stepsPerEpoch, batch: recipe.batch, crop: cropAt(recipe, at) };
  };

  /** One step of training; gives its loss. */
  async function learnFrom(index: number): Promise<number> {
    const began = performance.now();
    const ahead = Array.from({ length: BATCHES_AHEAD }, (_, i) => index + 1 + i).filter((next) => next < steps);
    const place = placeOf(index);
    const batch = await batches.next(place, ahead.map(placeOf)).catch(async (error: unknown) => {
      await save();
      throw error;
    });
    const waitMs = performance.now() - began;
    const learningRate = learningRateAt(recipe, index, steps);
    const loss = learner.learn(batch, place.crop, learningRate, index);
    if (!Number.isFinite(loss)) {
      throw diverged(
        `The loss became ${loss} in epoch ${epoch + 1}, step ${step + 1}, at learning rate ${learningRate.toPrecision(3)}`,
      );
    }
    const ms = performance.now() - began;
    seconds += ms / 1000;
    const [tensors, rssBytes] = [tf.memory().numTensors, process.memoryUsage.rss()];
    await emit({
      kind: 'step',
      epoch,
      step: index,
      steps,
      loss,
      learningRate,
      ms,
      waitMs,
      images: recipe.batch,
      tensors,
      rssBytes,
    });
    return loss;
  }

  /** Scores the weights so far and keeps them if they are the best. */
  async function validateEpoch(): Promise<void> {
    const began = performance.now();
    const scores = await validate(tf, learner.trainable, validation, recipe.inputSize, learner.averaged);
    const { G, C, mIoU } = scores;
    const better = best === undefined || scores[recipe.selectBy] > best[recipe.selectBy];
    if (better) {
      best = { epoch: epoch + 1, G, C, mIoU };
      const training = { ...card.training, epoch: epoch + 1, hours: seconds / 3600 };
      await writeWeights(weightsPath, {
        card: { ...card, training, scores: { validation: { G, C, mIoU } } },
        tensors: learner.trainable.read(learner.averaged),
      });
    }
    await emit({ kind: 'validation', epoch, scores, seconds: (performance.now() - began) / 1000, best: better });
  }

  try {
    if (resumed !== undefined) learner.restore(resumed.tensors);
    while (epoch < recipe.epochs) {
      const began = performance.now();
      const firstStep = step;
      for (; step < stepsPerEpoch; step += 1) {
        if (options.signal?.aborted) {
          await save();
          return result(true);
        }
        const loss = await learnFrom(epoch * stepsPerEpoch + step);
        losses = { sum: losses.sum + loss, count: losses.count + 1 };
        // Signals and the data threads' messages get their turn: TensorFlow's calls block.
        await nextTurn();
      }
      const [took, done] = [(performance.now() - began) / 1000, stepsPerEpoch - firstStep];
      const imagesPerSecond = (done * recipe.batch) / took;
      // Resumed between an epoch and its validation, there is nothing left of the epoch.
      if (done > 0) {
        await emit({ kind: 'epoch', epoch, loss: losses.sum / losses.count, seconds: took, imagesPerSecond });
      }
      // A finite loss may have had gradients that are not.
      const tensors = learner.tensors();
      const broken = notFinite(tensors);
      if (broken !== undefined) throw diverged(`${broken} holds no numbers any more after epoch ${epoch + 1}`);
      const isValidated = epoch + 1 === recipe.epochs || (epoch + 1) % recipe.validateEvery === 0;
      if (isValidated) {
        // Before a validation that may fail, or take long.
        await save(tensors);
        await validateEpoch();
      }
      [epoch, step, losses] = [epoch + 1, 0, { sum: 0, count: 0 }];
      await save(tensors);
      // Last: what was learnt does not depend on a report.
      if (isValidated) await reportTraining(tf, options, learner.trainable, recipe.inputSize, learner.averaged);
    }
    return result(false);
  } finally {
    await batches.close();
    learner.dispose();
  }
}
