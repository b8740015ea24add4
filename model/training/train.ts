import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Dataset } from '../dataset/dataset.js';
import { Failure } from '../failure.js';
import type { Network } from '../network.js';
import { notFinite, type Tensor as WeightTensor } from '../safetensors.js';
import { writeWeights } from '../weights.js';
import { type BatchPlace, createBatches } from './batches.js';
import { type Checkpoint, checkpointPathOf, type TrainingState, writeCheckpoint } from './checkpoint.js';
import { createLearner } from './learner.js';
import { NORMALISATION } from './normalisation.js';
import { prepareTraining } from './prepare-training.js';
import { cropAt, learningRateAt, type Recipe } from './recipe.js';
import { loadTensorflow } from './tensorflow.js';
import type { TrainingEvent } from './training-event.js';
import { reportTraining, validate } from './validate.js';

/** How many batches the data threads prepare ahead. */
const BATCHES_AHEAD = 3;

/** The network, data and settings of a training. */
export interface TrainOptions {
  readonly network: Network;
  readonly recipe: Recipe;
  readonly train: Dataset;
  readonly validation: Dataset;
  /** Pictures mixed in by the recipe's `extraShare`. Class weights follow `train`, and this set for classes that `train` lacks. */
  readonly extra?: Dataset;
  /** The folder for checkpoint, best weights and log. */
  readonly directory: string;
  readonly seed: number;
  /** Weights to start from. All others are initialised by He's rule. */
  readonly initial?: ReadonlyMap<string, WeightTensor>;
  /** The checkpoint to resume from, with its recipe and seed: the folder's `last.safetensors`. */
  readonly resume?: Checkpoint;
  /** What the card should say about the command and the data. */
  readonly provenance?: Readonly<Record<string, unknown>>;
  /** Threads that read and crop pictures. One is enough to keep TensorFlow busy on a few cores. @default 1 */
  readonly dataThreads?: number;
  /** Saves and stops after the current step, or picture of a validation, which a resume makes anew. */
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: TrainingEvent) => void;
}

/** How training ended. */
export interface TrainResult {
  readonly epochs: number;
  readonly stopped: boolean;
  readonly best?: TrainingState['best'];
  /** The best weights; absent if no epoch was validated or the file is missing. */
  readonly weightsPath?: string;
  readonly checkpointPath: string;
  readonly seconds: number;
}

/**
 * Trains a network. Writes to `directory`: `last.safetensors`, the checkpoint, written atomically after every epoch and on a
 * stop; `best.safetensors`, the weights of the epoch that validated best; `log.jsonl`, one event per line; `report.html`,
 * rewritten at every validation.
 *
 * @throws `Failure` `ENGINE_UNAVAILABLE` without TensorFlow; `DATASET_INVALID` before the first step, `STOPPED` on a stop
 * before it; `TRAINING_DIVERGED` where the loss is no longer finite (the last checkpoint is from before that);
 * `CHECKPOINT_MISMATCH` on resuming with another network or other data, `CHECKPOINT_INVALID` where its averages or the
 * optimizer's state are missing; `WEIGHTS_MISMATCH` for initial weights whose shapes differ from the network's; `PICTURE_*` and
 * `TRAINING_FAILED` where a picture has disappeared or a data thread died (the checkpoint has all progress until then);
 * `OUTPUT_UNWRITABLE`.
 */
export async function train(options: TrainOptions): Promise<TrainResult> {
  const { network, train: data, validation, extra, directory, resume, signal } = options;
  const tf = await loadTensorflow();
  const { recipe, seed, start, card, listing, weights, emit } = await prepareTraining(options);
  const checkpointPath = checkpointPathOf(directory);
  const weightsPath = join(directory, 'best.safetensors');
  const stepsPerEpoch = Math.max(1, Math.floor(data.items.length / recipe.batch));
  const steps = stepsPerEpoch * recipe.epochs;
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
  const progress = progressOf(resume?.state);

  function save(tensors = learner.tensors()): Promise<void> {
    return writeCheckpoint(checkpointPath, { state: { recipe, seed, card, listing, ...progress }, tensors });
  }

  function diverged(what: string): Failure {
    const isSaved = progress.epoch > 0 || resume !== undefined;
    const saved = isSaved ? `${checkpointPath} is from before` : 'No epoch was finished, so there is no checkpoint';
    return new Failure('TRAINING_DIVERGED', `${what}: try a smaller learning rate. ${saved}`);
  }

  function placeOf(index: number): BatchPlace {
    const epoch = Math.floor(index / stepsPerEpoch);
    return { epoch, step: index % stepsPerEpoch, batch: recipe.batch, crop: cropAt(recipe, epoch) };
  }

  /** Takes one step of training. */
  async function learn(): Promise<void> {
    const { epoch, step, losses } = progress;
    const index = epoch * stepsPerEpoch + step;
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
      const where = `epoch ${epoch + 1}, step ${step + 1}, at learning rate ${learningRate.toPrecision(3)}`;
      throw diverged(`The loss became ${loss} in ${where}`);
    }
    const ms = performance.now() - began;
    const tensors = tf.memory().numTensors;
    const rssBytes = process.memoryUsage.rss();
    const images = recipe.batch;
    progress.seconds += ms / 1000;
    progress.losses = { sum: losses.sum + loss, count: losses.count + 1 };
    await emit({ kind: 'step', epoch, step: index, steps, loss, learningRate, ms, waitMs, images, tensors, rssBytes });
  }

  /** Takes the remaining steps of an epoch; returns false if it was stopped on the way. */
  async function learnEpoch(): Promise<boolean> {
    const began = performance.now();
    const firstStep = progress.step;
    for (; progress.step < stepsPerEpoch; progress.step += 1) {
      if (signal?.aborted) return false;
      await learn();
      // TensorFlow's calls block, so signals and messages of the data threads get their turn here.
      await nextTurn();
    }
    const { epoch, losses } = progress;
    const [seconds, done] = [(performance.now() - began) / 1000, stepsPerEpoch - firstStep];
    // A training resumed between an epoch and its validation has no steps left in the epoch.
    if (done > 0) {
      const imagesPerSecond = (done * recipe.batch) / seconds;
      await emit({ kind: 'epoch', epoch, loss: losses.sum / losses.count, seconds, imagesPerSecond });
    }
    return true;
  }

  /** Validates the current weights and keeps them if they are the best; returns false if it was stopped on the way. */
  async function validateEpoch(): Promise<boolean> {
    const began = performance.now();
    const { epoch, best } = progress;
    const scores = await validate(tf, learner.trainable, validation, recipe.inputSize, learner.averaged, signal);
    // The score of a part of the pictures would choose the best epoch by chance.
    if (scores === undefined) return false;
    const { G, C, mIoU } = scores;
    const isBetter = best === undefined || scores[recipe.selectBy] > best[recipe.selectBy];
    if (isBetter) {
      progress.best = { epoch: epoch + 1, G, C, mIoU };
      const training = { ...card.training, epoch: epoch + 1, hours: progress.seconds / 3600 };
      await writeWeights(weightsPath, {
        card: { ...card, training, scores: { validation: { G, C, mIoU } } },
        tensors: learner.trainable.read(learner.averaged),
      });
    }
    await emit({ kind: 'validation', epoch, scores, seconds: (performance.now() - began) / 1000, best: isBetter });
    return true;
  }

  function resultOf(stopped: boolean): TrainResult {
    const { epoch: epochs, seconds, best } = progress;
    // If the best weights were missing on resuming, the next better epoch writes them.
    const kept = best && { best, ...(existsSync(weightsPath) && { weightsPath }) };
    return { epochs, stopped, checkpointPath, seconds, ...kept };
  }

  try {
    if (resume !== undefined) learner.restore(resume.tensors);
    while (progress.epoch < recipe.epochs) {
      if (!(await learnEpoch())) {
        await save();
        return resultOf(true);
      }
      const epochs = progress.epoch + 1;
      const tensors = learner.tensors();
      // A finite loss may still have had gradients that are not finite.
      const broken = notFinite(tensors);
      if (broken !== undefined) throw diverged(`${broken} holds no numbers any more after epoch ${epochs}`);
      const isValidated = epochs === recipe.epochs || epochs % recipe.validateEvery === 0;
      if (isValidated) {
        // Saved before validation, which may fail, take long or be stopped: a resume begins with it.
        await save(tensors);
        if (!(await validateEpoch())) return resultOf(true);
      }
      Object.assign(progress, { epoch: epochs, step: 0, losses: { sum: 0, count: 0 } });
      await save(tensors);
      // The report comes last, so that a failure in it loses no progress.
      if (isValidated) await reportTraining(tf, options, learner.trainable, recipe.inputSize, learner.averaged);
    }
    return resultOf(false);
  } finally {
    await batches.close();
    learner.dispose();
  }
}

/** The part of a training's state that changes from step to step. */
interface Progress {
  epoch: number;
  step: number;
  seconds: number;
  best?: NonNullable<TrainingState['best']>;
  losses: TrainingState['losses'];
}

function progressOf(state: TrainingState | undefined): Progress {
  const { epoch = 0, step = 0, seconds = 0, best, losses = { sum: 0, count: 0 } } = state ?? {};
  return { epoch, step, seconds, losses, ...(best && { best }) };
}
