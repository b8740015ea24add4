import type { Tensor, Tensor4D } from '@tensorflow/tfjs-node-gpu';
import { type ClassFrequencies, medianFrequencyWeights } from '../dataset/frequencies.js';
import type { Tensorflow } from './tensorflow.js';

/**
 * How much a pixel of each class weighs in the loss: `median` is the paper's median frequency balancing, `natural` is
 * 1 for all, `sqrt-median` is the square root of the first, which lifts rare classes without drowning the others.
 */
export type Balancing = 'median' | 'sqrt-median' | 'natural';

/** The weight of each class, by class index. */
export function classWeights(frequencies: ClassFrequencies, balancing: Balancing): readonly number[] {
  const median = medianFrequencyWeights(frequencies);
  if (balancing === 'median') return median;
  return median.map((weight) => (balancing === 'natural' ? 1 : Math.sqrt(weight)));
}

/**
 * Cross-entropy of scores [N, H, W, C] against labels [N, H, W] (int32; C and above are void): the mean over labelled
 * pixels of the weighted loss, as the weighted mean is: the sum of `w(y) * -log p(y)` over the sum of `w(y)`.
 * `smoothing` gives that share of the target to all classes alike.
 */
export function crossEntropy(tf: Tensorflow, scores: Tensor4D, labels: Tensor, weights: Tensor, smoothing = 0): Tensor {
  const classes = scores.shape[3];
  const target = tf.oneHot(labels.flatten().toInt(), classes).toFloat();
  const logProbabilities = tf.logSoftmax(scores.reshape([-1, classes]));
  // A void pixel's row of the target is zero, and so is its weight.
  const pixelWeights = tf.sum(tf.mul(target, weights), 1);
  const right = tf.sum(tf.mul(target, logProbabilities), 1);
  const expected =
    smoothing === 0 ? right : tf.add(tf.mul(right, 1 - smoothing), tf.mul(tf.mean(logProbabilities, 1), smoothing));
  return tf.div(tf.neg(tf.sum(tf.mul(expected, pixelWeights))), tf.maximum(tf.sum(pixelWeights), 1e-6));
}
