import { camvid11 } from '../../../model/classes.js';
import { initialWeights, seededRandom } from '../../../model/initial-weights.js';
import { buildNetwork } from '../../../model/networks/index.js';
import { crossEntropyAlone, segmentationLoss } from '../../../model/training/loss.js';
import { createOptimizer } from '../../../model/training/optimizer.js';
import { recipes } from '../../../model/training/recipe.js';
import { loadTensorflow, prepareTensorflow } from '../../../model/training/tensorflow.js';
import { byParameter, createTrainable } from '../../../model/training/trainable.js';
import { followOrder } from '../process/follow-order.js';
import { peakBytes } from '../process/own-cost.js';

/*
 * The program that trains one network for some steps on noise, in a separate process, so that its memory can be measured.
 * Prints a `TrainingReport`.
 */

/** The program's order, JSON in its only argument. */
export interface TrainingOrder {
  readonly network: string;
  readonly width: number;
  readonly height: number;
  readonly batch: number;
  readonly steps: number;
  readonly threads: number;
}

/** Milliseconds of each step after the first, which is a warm-up. */
export interface TrainingReport {
  readonly forwardMs: readonly number[];
  /** Forward and backward without the optimizer, as `caffe time` counts. */
  readonly gradientsMs: readonly number[];
  /** Peak memory of the process, including the optimizer (SGD with momentum). */
  readonly peakBytes: number;
}

async function trainSome(order: TrainingOrder): Promise<TrainingReport> {
  const { width, height, batch, steps } = order;
  prepareTensorflow(order.threads);
  const tf = await loadTensorflow();
  const classes = camvid11.classes.length;
  const network = buildNetwork(order.network, classes);
  const normalisation = { mean: [0.41, 0.42, 0.43], std: [0.3, 0.31, 0.29] };
  const trainable = createTrainable(tf, network, initialWeights(network, 1), normalisation);
  const { trained } = trainable;
  const optimizer = createOptimizer(tf, recipes.paper.optimizer, trained);
  const random = seededRandom(1);
  const noise = (length: number, below: number) => Int32Array.from({ length }, () => Math.floor(random() * below));
  const images = tf.tensor4d(noise(batch * height * width * 3, 256), [batch, height, width, 3], 'int32');
  const labels = tf.tensor3d(noise(batch * height * width, classes), [batch, height, width], 'int32');
  const weights = tf.ones([classes]);

  const scores = (seed: number) => trainable.scores(images, { training: true, seed });
  const timed = (work: () => void): number => {
    const begunAt = performance.now();
    tf.tidy(work);
    return performance.now() - begunAt;
  };
  const forwardMs: number[] = [];
  const gradientsMs: number[] = [];
  for (let step = 0; step <= steps; step += 1) {
    // Reading a value waits for everything that it depends on.
    forwardMs.push(timed(() => tf.mean(scores(step)).dataSync()));
    tf.tidy(() => {
      const begunAt = performance.now();
      const loss = () => segmentationLoss(tf, scores(step), labels, weights, crossEntropyAlone).asScalar();
      const { value, grads } = tf.variableGrads(loss, [...trained.values()]);
      value.dataSync();
      for (const gradient of Object.values(grads)) tf.slice(gradient.flatten(), 0, 1).dataSync();
      gradientsMs.push(performance.now() - begunAt);
      optimizer.apply(byParameter(trained, grads), 1e-6, step);
    });
  }
  return { forwardMs: forwardMs.slice(1), gradientsMs: gradientsMs.slice(1), peakBytes: peakBytes() };
}

await followOrder(trainSome);
