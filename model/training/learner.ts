import type { Tensor, Variable } from '@tensorflow/tfjs-node-gpu';
import { Failure } from '../failure.js';
import type { Network } from '../network.js';
import { elementCount, type Tensor as WeightTensor } from '../safetensors.js';
import type { Size } from '../size.js';
import type { Normalisation } from '../weights.js';
import type { Batch } from './batches.js';
import { segmentationLoss } from './loss.js';
import { createOptimizer } from './optimizer.js';
import type { Recipe } from './recipe.js';
import type { Tensorflow } from './tensorflow.js';
import { byParameter, createTrainable, type Trainable } from './trainable.js';

/** The share of the new batch in batch normalisation's running statistics. */
const STATISTICS_MOMENTUM = 0.1;

/** A network in training: its parameters, their moving average and the optimizer's state. */
export interface Learner {
  readonly trainable: Trainable;
  /** The moving average of the parameters, which is validated and kept; undefined where the recipe has none and the parameters themselves are. */
  readonly averaged: ReadonlyMap<string, Variable> | undefined;
  /** Learns from one batch and returns its loss. A loss that is not finite changes nothing. */
  learn(batch: Batch, crop: Size, learningRate: number, index: number): number;
  /** All tensors for a checkpoint. */
  tensors(): Map<string, WeightTensor>;
  /** Restores what `tensors` returned. @throws `Failure` `CHECKPOINT_INVALID` where a part is missing. */
  restore(tensors: ReadonlyMap<string, WeightTensor>): void;
  dispose(): void;
}

/** Creates a network on TensorFlow that is trained by a recipe; `classWeights` are by class index. */
export function createLearner(
  tf: Tensorflow,
  network: Network,
  recipe: Recipe,
  start: ReadonlyMap<string, WeightTensor>,
  normalisation: Normalisation,
  classWeights: readonly number[],
  seed: number,
): Learner {
  const trainable = createTrainable(tf, network, start, normalisation);
  const { trained } = trainable;
  const { slots, apply } = createOptimizer(tf, recipe.optimizer, trained);
  const average = recipe.averaging > 0 ? createAverage(tf, trainable) : undefined;
  const weights = tf.tensor1d([...classWeights]);

  return {
    trainable,
    averaged: average?.variables,
    learn(batch, crop, learningRate, index) {
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
          return segmentationLoss(tf, scores, labels, weights, recipe).asScalar();
        }, [...trained.values()]);
        const lossValue = value.dataSync()[0]!;
        if (Number.isFinite(lossValue)) {
          apply(byParameter(trained, grads), learningRate, index);
          updateStatistics(tf, trainable, statistics);
          average?.update(recipe.averaging, index);
        }
        return lossValue;
      });
      for (const { mean, variance } of statistics) tf.dispose([mean, variance]);
      return loss;
    },
    tensors() {
      const raw = (variable: Variable) => ({ shape: variable.shape, data: Float32Array.from(variable.dataSync()) });
      const averages = average === undefined ? [] : trainable.read(average.variables);
      return new Map([
        ...trainable.read(),
        ...[...averages].map(([name, tensor]) => [`average.${name}`, tensor] as const),
        ...[...slots].map(([name, variable]) => [`slot.${name}`, raw(variable)] as const),
      ]);
    },
    restore(tensors) {
      const kept = (name: string, size: number): WeightTensor => {
        const tensor = tensors.get(name);
        if (tensor?.data.length === size) return tensor;
        const got = tensor === undefined ? 'found none' : `got ${tensor.data.length} numbers`;
        throw new Failure('CHECKPOINT_INVALID', `Expected the checkpoint to hold ${name} of ${size} numbers, ${got}`);
      };
      trainable.write(tensors);
      if (average !== undefined) {
        const averages = trainable.parameters.map(
          ({ name, shape }) => [name, kept(`average.${name}`, elementCount(shape))] as const,
        );
        trainable.write(new Map(averages), average.variables);
      }
      for (const [name, variable] of slots) {
        const { shape, data } = kept(`slot.${name}`, variable.size);
        tf.tidy(() => variable.assign(tf.tensor(data, [...shape])));
      }
    },
    dispose() {
      tf.dispose([weights, ...slots.values(), ...(average?.variables.values() ?? [])]);
      trainable.dispose();
    },
  };
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

/** A moving average of all parameters. Early in training it follows closely, so that the random start is soon forgotten. */
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
