import type { Tensor, Tensor4D } from '@tensorflow/tfjs-node-gpu';
import { type ClassFrequencies, medianFrequencyWeights } from '../dataset/frequencies.js';
import type { Balancing, LossSettings } from './recipe.js';
import type { Tensorflow } from './tensorflow.js';

/** The weight of each class, by class index. */
export function classWeights(frequencies: ClassFrequencies, balancing: Balancing): readonly number[] {
  const median = medianFrequencyWeights(frequencies);
  if (balancing === 'median') return median;
  return median.map((weight) => (balancing === 'natural' ? 1 : Math.sqrt(weight)));
}

/** Plain cross-entropy, which other frameworks have too. */
export const crossEntropyAlone: LossSettings = { labelSmoothing: 0, regionLoss: 0 };

/**
 * The loss of scores [N, H, W, C] against labels [N, H, W] (int32; C and above are void), a scalar: cross-entropy plus
 * `regionLoss` times the region loss. Cross-entropy is the sum of `w(y) * -log p(y)` over labelled pixels, divided by their sum
 * of `w(y)`. The region loss is 1 minus the mean over the batch's classes of the soft Jaccard index, `sum(p y) / sum(p + y - p
 * y)` (Rahman and Wang 2016), which is mIoU with probabilities in place of decisions, so that a thin class counts as much as
 * the road.
 */
export function segmentationLoss(
  tf: Tensorflow,
  scores: Tensor4D,
  labels: Tensor,
  weights: Tensor,
  { labelSmoothing, regionLoss }: LossSettings,
): Tensor {
  const classes = scores.shape[3];
  // A void pixel's row is zero, so it has no weight.
  const target = tf.oneHot(labels.flatten().toInt(), classes).toFloat();
  const logProbabilities = tf.logSoftmax(scores.reshape([-1, classes]));
  const entropy = crossEntropy(tf, target, logProbabilities, weights, labelSmoothing);
  if (regionLoss === 0) return entropy;
  return tf.add(entropy, tf.mul(softJaccardLoss(tf, target, tf.exp(logProbabilities)), regionLoss));
}

function crossEntropy(tf: Tensorflow, target: Tensor, logProbabilities: Tensor, weights: Tensor, smoothing: number) {
  const pixelWeights = tf.sum(tf.mul(target, weights), 1);
  const right = tf.sum(tf.mul(target, logProbabilities), 1);
  const expected =
    smoothing === 0 ? right : tf.add(tf.mul(right, 1 - smoothing), tf.mul(tf.mean(logProbabilities, 1), smoothing));
  return tf.div(tf.neg(tf.sum(tf.mul(expected, pixelWeights))), tf.maximum(tf.sum(pixelWeights), 1e-6));
}

function softJaccardLoss(tf: Tensorflow, target: Tensor, probabilities: Tensor) {
  const labelled = tf.sum(target, 1, true);
  const truth = tf.sum(target, 0);
  const common = tf.sum(tf.mul(target, probabilities), 0);
  const either = tf.sub(tf.add(tf.sum(tf.mul(probabilities, labelled), 0), truth), common);
  // Classes that the batch lacks have no overlap; cross-entropy covers them.
  const present = tf.minimum(truth, 1);
  const jaccard = tf.sum(tf.mul(tf.div(common, tf.maximum(either, 1e-6)), present));
  return tf.sub(1, tf.div(jaccard, tf.maximum(tf.sum(present), 1e-6)));
}
