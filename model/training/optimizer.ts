import type { Tensor, Variable } from '@tensorflow/tfjs-node-gpu';
import type { OptimizerSettings } from './recipe.js';
import type { Tensorflow } from './tensorflow.js';

/** Updates variables by gradients. Its state is in `slots`, named `SLOT.PARAMETER`, so that a checkpoint can keep it. */
export interface Optimizer {
  readonly slots: ReadonlyMap<string, Variable>;
  /** Takes one step; `step` counts from 0 and serves Adam's bias correction. */
  apply(gradients: Readonly<Record<string, Tensor>>, learningRate: number, step: number): void;
}

/** Creates an optimizer of named variables. Only kernels (two dimensions or more) decay. */
export function createOptimizer(
  tf: Tensorflow,
  settings: OptimizerSettings,
  variables: ReadonlyMap<string, Variable>,
): Optimizer {
  const slotNames = settings.kind === 'sgd' ? ['momentum'] : ['mean', 'variance'];
  const slots = new Map<string, Variable>();
  for (const [name, variable] of variables) {
    for (const slot of slotNames)
      slots.set(
        `${slot}.${name}`,
        tf.tidy(() => tf.variable(tf.zeros(variable.shape), false)),
      );
  }

  return {
    slots,
    apply(gradients, learningRate, step) {
      tf.tidy(() => {
        for (const [name, variable] of variables) {
          const gradient = gradients[name];
          if (gradient === undefined) continue;
          const decay = variable.rank >= 2 ? settings.weightDecay : 0;
          if (settings.kind === 'sgd') {
            const velocity = slots.get(`momentum.${name}`)!;
            const decayed = decay === 0 ? gradient : tf.add(gradient, tf.mul(variable, decay));
            velocity.assign(tf.sub(tf.mul(velocity, settings.momentum), tf.mul(decayed, learningRate)));
            variable.assign(tf.add(variable, velocity));
          } else {
            const { beta1, beta2, epsilon } = settings;
            const mean = slots.get(`mean.${name}`)!;
            const variance = slots.get(`variance.${name}`)!;
            mean.assign(tf.add(tf.mul(mean, beta1), tf.mul(gradient, 1 - beta1)));
            variance.assign(tf.add(tf.mul(variance, beta2), tf.mul(tf.square(gradient), 1 - beta2)));
            const corrected = learningRate / (1 - beta1 ** (step + 1));
            const deviation = tf.add(tf.sqrt(tf.mul(variance, 1 / (1 - beta2 ** (step + 1)))), epsilon);
            const moved = tf.mul(tf.div(mean, deviation), corrected);
            variable.assign(tf.sub(tf.mul(variable, 1 - learningRate * decay), moved));
          }
        }
      });
    },
  };
}
