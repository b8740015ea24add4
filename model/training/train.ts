import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Tensor, Variable } from '@tensorflow/tfjs-node-gpu';
import type { ClassSet } from '../classes.js';
import { checkDataset } from '../dataset/check.js';
import { type Dataset, filterDataset } from '../dataset/dataset.js';
import { readLabels } from '../dataset/labels.js';
import type { DatasetItem } from '../dataset/pairs.js';
import { readPicture } from '../dataset/picture.js';
import { readAhead } from '../dataset/read-ahead.js';
import { scaleMask, scalePicture } from '../dataset/scale.js';
import type { ClassMask, RgbPicture } from '../engine.js';
import { createConfusion, type Scores, scoresOf } from '../evaluation/confusion.js';
import { Failure } from '../failure.js';
import { initialWeights } from '../initial-weights.js';
import type { Network } from '../network.js';
import type { WeightsCard, Tensor as WeightTensor } from '../weights.js';
import { writeWeights } from '../weights.js';
import type { CropSize } from './augment.js';
import { type BatchPlace, createBatches } from './batches.js';
import { readCheckpoint, type TrainingState, writeCheckpoint } from './checkpoint.js';
import { classWeights, crossEntropy } from './loss.js';
import { createOptimizer } from './optimizer.js';
import { cropAt, learningRateAt, type Recipe } from './recipe.js';
import { writeTrainingReport } from './report.js';
import { loadTensorflow, type Tensorflow } from './tensorflow.js';
import { createTrainable, predict, type Trainable } from './trainable.js';

/** The statistics of ImageNet's pictures, which networks that start from VGG16 expect; as good as any other for the rest. */
const NORMALISATION = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const;
/** The share of a new batch in batch normalisation's running statistics. */
const STATISTICS_MOMENTUM = 0.1;
/** How many batches the data threads work ahead. */
const BATCHES_AHEAD = 3;

/** What training reports while it runs: lines of the log as well. */
export type TrainingEvent =
  | {
      readonly kind: 'step';
      readonly epoch: number;
      readonly step: number;
      readonly steps: number;
      readonly loss: number;
      readonly learningRate: number;
      readonly ms: number;
      readonly images: number;
      readonly tensors: number;
      readonly rssBytes: number;
    }
  | {
      readonly kind: 'epoch';
      readonly epoch: number;
      readonly loss: number;
      readonly seconds: number;
      readonly imagesPerSecond: number;
    }
  | {
      readonly kind: 'validation';
      readonly epoch: number;
      readonly scores: Scores;
      readonly seconds: number;
      readonly best: boolean;
    }
  | { readonly kind: 'warning'; readonly message: string };

export interface TrainOptions {
  readonly network: Network;
  readonly recipe: Recipe;
  readonly train: Dataset;
  readonly validation: Dataset;
  /** Pictures mixed in by the recipe's `extraShare`. */
  readonly extra?: Dataset;
  /** The folder of checkpoint, best weights and log. */
  readonly directory: string;
  readonly seed: number;
  /** Weights to start from; the rest starts by He's rule. If not provided, everything does. */
  readonly initial?: ReadonlyMap<string, WeightTensor>;
  /** Goes on from the folder's `last.safetensors`. */
  readonly resume?: boolean;
  /** What the card should say of the command and the data. */
  readonly provenance?: Readonly<Record<string, unknown>>;
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
  /** The kept weights; absent if no epoch was validated. */
  readonly weightsPath?: string;
  readonly checkpointPath: string;
  readonly seconds: number;
}

/**
 * Trains a network. Leaves in `directory`: `last.safetensors`, the checkpoint, written atomically after every epoch and
 * on a stop; `best.safetensors`, the weights of the epoch that validated best; `log.jsonl`, one event a
 * line; `report.html`, renewed at every validation.
 *
 * @throws `Failure` `ENGINE_UNAVAILABLE` without TensorFlow; `DATASET_INVALID` before the first step; `TRAINING_DIVERGED`
 * where the loss is no number any more: the last checkpoint is from before; `CHECKPOINT_*` on resuming.
 */
export async function train(options: TrainOptions): Promise<TrainResult> {
  const { network, train: data, validation, extra, directory, onEvent } = options;
  const tf = await loadTensorflow();
  await mkdir(directory, { recursive: true });
  const checkpointPath = join(directory, 'last.safetensors');
  const weightsPath = join(directory, 'best.safetensors');
  const resumed = options.resume === true ? await readCheckpoint(checkpointPath) : undefined;
  const recipe = resumed?.state.recipe ?? options.recipe;
  const seed = resumed?.state.seed ?? options.seed;

  const logPath = join(directory, 'log.jsonl');
  if (resumed === undefined) await writeFile(logPath, '');
  const emit = async (event: TrainingEvent) => {
    onEvent?.(event);
    await appendFile(logPath, `${JSON.stringify({ at: new Date().toISOString(), ...event })}\n`);
  };

  const { frequencies, warnings } = await checkDataset(data);
  for (const set of [validation, ...(extra === undefined ? [] : [extra])]) await checkDataset(set);
  for (const message of warnings) await emit({ kind: 'warning', message });

  const stepsPerEpoch = Math.max(1, Math.floor(data.items.length / recipe.batch));
  const steps = stepsPerEpoch * recipe.epochs;
  const start = new Map([...initialWeights(network, seed), ...(options.initial ?? [])]);
  const trainable = createTrainable(tf, network, resumed?.tensors ?? start, NORMALISATION);
  const trained = new Map(
    trainable.parameters.filter((each) => each.trainable).map(({ name }) => [name, trainable.variables.get(name)!]),
  );
  const optimizer = createOptimizer(tf, recipe.optimizer, trained);
  const average = recipe.averaging > 0 ? createAverage(tf, trainable) : undefined;
  if (resumed !== undefined) restore(tf, trainable, optimizer.slots, average, resumed.tensors);

  const weights = tf.tensor1d([...classWeights(frequencies, recipe.balancing)]);
  const batches = createBatches(
    {
      items: data.items,
      extraItems: extra?.items ?? [],
      extraShare: extra === undefined ? 0 : recipe.extraShare,
      classSet: data.classSet,
      seed,
      augmentation: recipe.augmentation,
      fill: NORMALISATION.mean.map((mean) => Math.round(mean * 255)) as [number, number, number],
    },
    options.dataThreads,
  );
  const card: WeightsCard = {
    network: network.name,
    classes: data.classSet.classes,
    normalisation: NORMALISATION,
    inputSize: recipe.inputSize,
    training: { recipe, seed, images: data.items.length, extraImages: extra?.items.length ?? 0, ...options.provenance },
  };

  let { epoch, step, seconds, best } = resumed?.state ?? { epoch: 0, step: 0, seconds: 0, best: undefined };
  const placeOf = (index: number): BatchPlace => {
    const at = Math.floor(index / stepsPerEpoch);
    return { epoch: at, step: index % stepsPerEpoch, batch: recipe.batch, crop: cropAt(recipe, at) };
  };
  const save = () =>
    writeCheckpoint(checkpointPath, {
      state: { recipe, seed, epoch, step, stepsPerEpoch, seconds, card, ...(best === undefined ? {} : { best }) },
      tensors: collect(trainable, optimizer.slots, average),
    });

  try {
    for (; epoch < recipe.epochs; epoch += 1, step = 0) {
      const epochStart = performance.now();
      const firstStep = step;
      let lossSum = 0;
      for (; step < stepsPerEpoch; step += 1) {
        if (options.signal?.aborted) {
          await save();
          return { epochs: epoch, stopped: true, checkpointPath, seconds, ...(best && { best, weightsPath }) };
        }
        const began = performance.now();
        const index = epoch * stepsPerEpoch + step;
        const ahead = Array.from({ length: BATCHES_AHEAD }, (_, i) => index + 1 + i).filter((next) => next < steps);
        const batch = await batches.next(placeOf(index), ahead.map(placeOf));
        const { crop } = placeOf(index);
        const learningRate = learningRateAt(recipe, index, steps);

        const statistics: { name: string; mean: Tensor; variance: Tensor }[] = [];
        const loss = tf.tidy(() => {
          const shape = [recipe.batch, crop.height, crop.width] as const;
          const images = tf.tensor4d(batch.images, [...shape, 3], 'int32');
          const labels = tf.tensor3d(batch.labels, [...shape], 'int32');
          const { value, grads } = tf.variableGrads(() => {
            const scores = trainable.scores(images, {
              training: true,
              seed: seed + index,
              onStatistics: (name, mean, variance) => {
                statistics.push({ name, mean: tf.keep(mean.clone()), variance: tf.keep(variance.clone()) });
              },
            });
            return crossEntropy(tf, scores, labels, weights, recipe.labelSmoothing).asScalar();
          }, [...trained.values()]);
          const lossValue = value.dataSync()[0]!;
          if (Number.isFinite(lossValue)) {
            optimizer.apply(byParameter(trained, grads), learningRate, index);
            updateStatistics(tf, trainable, statistics);
            average?.update(recipe.averaging, index);
          }
          return lossValue;
        });
        for (const { mean, variance } of statistics) tf.dispose([mean, variance]);
        if (!Number.isFinite(loss)) {
          throw new Failure(
            'TRAINING_DIVERGED',
            `The loss became ${loss} in epoch ${epoch + 1}, step ${step + 1}, at learning rate ${learningRate.toPrecision(3)}: try a smaller one. ` +
              (epoch > 0 || resumed
                ? `${checkpointPath} is from before`
                : 'No epoch was finished, so there is no checkpoint'),
          );
        }
        lossSum += loss;
        const ms = performance.now() - began;
        seconds += ms / 1000;
        await emit({
          kind: 'step',
          epoch,
          step: index,
          steps,
          loss,
          learningRate,
          ms,
          images: recipe.batch,
          tensors: tf.memory().numTensors,
          rssBytes: process.memoryUsage.rss(),
        });
        // Signals and the data threads' messages get their turn: TensorFlow's calls block.
        await nextTurn();
      }
      const took = (performance.now() - epochStart) / 1000;
      const done = stepsPerEpoch - firstStep;
      await emit({
        kind: 'epoch',
        epoch,
        loss: lossSum / Math.max(done, 1),
        seconds: took,
        imagesPerSecond: (done * recipe.batch) / took,
      });

      const last = epoch + 1 === recipe.epochs;
      if (last || (epoch + 1) % recipe.validateEvery === 0) {
        const validationStart = performance.now();
        const scores = await validate(tf, trainable, validation, recipe.inputSize, average?.variables);
        const better = best === undefined || scores[recipe.selectBy] > best[recipe.selectBy];
        if (better) {
          const { G, C, mIoU } = scores;
          best = { epoch: epoch + 1, G, C, mIoU };
          await writeWeights(weightsPath, {
            card: {
              ...card,
              training: { ...card.training, epoch: epoch + 1, hours: seconds / 3600 },
              scores: { validation: { G, C, mIoU } },
            },
            tensors: trainable.read(average?.variables),
          });
        }
        await emit({
          kind: 'validation',
          epoch,
          scores,
          seconds: (performance.now() - validationStart) / 1000,
          best: better,
        });
        await report(tf, options, trainable, recipe.inputSize, average?.variables);
      }
      const state = {
        recipe,
        seed,
        epoch: epoch + 1,
        step: 0,
        stepsPerEpoch,
        seconds,
        card,
        ...(best === undefined ? {} : { best }),
      };
      await writeCheckpoint(checkpointPath, { state, tensors: collect(trainable, optimizer.slots, average) });
    }
    return { epochs: recipe.epochs, stopped: false, checkpointPath, seconds, ...(best && { best, weightsPath }) };
  } finally {
    await batches.close();
    tf.dispose([weights, ...optimizer.slots.values(), ...(average?.variables.values() ?? [])]);
    trainable.dispose();
  }
}

/** variableGrads names gradients by TensorFlow's own variable names. */
function byParameter(trained: ReadonlyMap<string, Variable>, gradients: Readonly<Record<string, Tensor>>) {
  return Object.fromEntries(
    [...trained].flatMap(([name, variable]) => (gradients[variable.name] ? [[name, gradients[variable.name]!]] : [])),
  );
}

function updateStatistics(
  tf: Tensorflow,
  { variables }: Trainable,
  statistics: readonly { name: string; mean: Tensor; variance: Tensor }[],
) {
  for (const { name, mean, variance } of statistics) {
    for (const [key, value] of [
      ['running_mean', mean],
      ['running_var', variance],
    ] as const) {
      const running = variables.get(`${name}.${key}`)!;
      running.assign(tf.add(tf.mul(running, 1 - STATISTICS_MOMENTUM), tf.mul(value, STATISTICS_MOMENTUM)));
    }
  }
}

/** A moving average of all parameters; early on it follows closely, so that the random start is soon forgotten. */
function createAverage(tf: Tensorflow, { variables }: Trainable) {
  const average = new Map(
    [...variables].map(([name, variable]) => [name, tf.tidy(() => tf.variable(variable.clone(), false))]),
  );
  return {
    variables: average,
    update(decay: number, step: number) {
      const share = 1 - Math.min(decay, (1 + step) / (10 + step));
      for (const [name, mean] of average)
        mean.assign(tf.add(tf.mul(mean, 1 - share), tf.mul(variables.get(name)!, share)));
    },
  };
}

type Average = ReturnType<typeof createAverage>;

function collect(
  trainable: Trainable,
  slots: ReadonlyMap<string, Variable>,
  average: Average | undefined,
): Map<string, WeightTensor> {
  const raw = (variable: Variable) => ({ shape: variable.shape, data: Float32Array.from(variable.dataSync()) });
  return new Map([
    ...trainable.read(),
    ...[...(average === undefined ? [] : trainable.read(average.variables))].map(
      ([name, tensor]) => [`average.${name}`, tensor] as const,
    ),
    ...[...slots].map(([name, variable]) => [`slot.${name}`, raw(variable)] as const),
  ]);
}

function restore(
  tf: Tensorflow,
  trainable: Trainable,
  slots: ReadonlyMap<string, Variable>,
  average: Average | undefined,
  tensors: ReadonlyMap<string, WeightTensor>,
) {
  if (average !== undefined) {
    trainable.write(
      new Map(trainable.parameters.map(({ name }) => [name, tensors.get(`average.${name}`)!])),
      average.variables,
    );
  }
  for (const [name, variable] of slots) {
    const { shape, data } = tensors.get(`slot.${name}`)!;
    tf.tidy(() => variable.assign(tf.tensor(data, [...shape])));
  }
}

/** Segments a picture as `evaluate` does: fitted inside the input size, and the mask brought back to the picture's. */
async function segment(
  tf: Tensorflow,
  trainable: Trainable,
  picture: RgbPicture,
  box: CropSize,
  parameters: ReadonlyMap<string, Tensor> | undefined,
): Promise<ClassMask> {
  const scale = Math.min(box.width / picture.width, box.height / picture.height, 1);
  const [width, height] = [picture.width, picture.height].map((side) => Math.max(1, Math.round(side * scale)));
  const fitted = await scalePicture(picture, width!, height!);
  const mask = { width: width!, height: height!, data: predict(tf, trainable, fitted, parameters) };
  return scaleMask(mask, picture.width, picture.height);
}

async function validate(
  tf: Tensorflow,
  trainable: Trainable,
  { items, classSet }: Dataset,
  box: CropSize,
  parameters: ReadonlyMap<string, Tensor> | undefined,
): Promise<Scores> {
  const confusion = createConfusion(classSet.classes.length);
  for await (const { picture, truth } of readAhead(items, (item) => readPair(item, classSet))) {
    confusion.add(truth.data, (await segment(tf, trainable, picture, box, parameters)).data);
  }
  return scoresOf(confusion);
}

async function readPair({ imagePath, labelPath }: DatasetItem, classSet: ClassSet) {
  const [picture, truth] = await Promise.all([readPicture(imagePath), readLabels(labelPath, classSet)]);
  return { picture, truth };
}

/** How many validation pictures the report shows. */
const REPORT_EXAMPLES = 6;

async function report(
  tf: Tensorflow,
  { directory, network, validation }: TrainOptions,
  trainable: Trainable,
  box: CropSize,
  parameters: ReadonlyMap<string, Tensor> | undefined,
): Promise<void> {
  const { items, classSet } = validation;
  const shown = items.filter((_, i) => i % Math.ceil(items.length / REPORT_EXAMPLES) === 0);
  const examples = shown.map(async (item) => {
    const { picture, truth } = await readPair(item, classSet);
    return { name: item.name, picture, truth, prediction: await segment(tf, trainable, picture, box, parameters) };
  });
  const title = `${network.title} on ${validation.name}`;
  await writeTrainingReport(directory, title, classSet.classes, await Promise.all(examples));
}

/** The part of a data set whose picture names begin with one of `prefixes` (a drive of CamVid), and the rest. */
export function splitByDrive(dataset: Dataset, prefixes: readonly string[]) {
  const held = (name: string) => prefixes.some((prefix) => name.startsWith(prefix));
  return {
    rest: filterDataset(dataset, ({ name }) => !held(name)),
    held: filterDataset(dataset, ({ name }) => held(name)),
  };
}
