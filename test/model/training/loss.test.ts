import type { Tensor4D } from '@tensorflow/tfjs-node-gpu';
import t from 'tap';
import { classWeights, segmentationLoss } from '../../../model/training/loss.js';
import { tensorflow, withoutTensorflow } from './tensorflow-or-skip.js';

const frequencies = { pixels: [80, 20, 0], pixelsWherePresent: [100, 100, 0], images: [1, 1, 0] };

t.test('class weights: median over frequency, its square root, or none; an absent class weighs nothing', async (t) => {
  t.same(classWeights(frequencies, 'median'), [0.625, 2.5, 0]);
  t.same(classWeights(frequencies, 'sqrt-median'), [Math.sqrt(0.625), Math.sqrt(2.5), 0]);
  t.same(classWeights(frequencies, 'natural'), [1, 1, 1]);
});

t.test('the loss', { skip: withoutTensorflow }, async (t) => {
  const tf = tensorflow!;
  const scores = tf.tensor4d([0, 0, Math.log(3), 0, 5, -5], [1, 1, 3, 2]) as Tensor4D;
  const loss = (labels: number[], weights: number[], labelSmoothing = 0, regionLoss = 0) =>
    segmentationLoss(tf, scores, tf.tensor3d(labels, [1, 1, 3], 'int32'), tf.tensor1d(weights), {
      labelSmoothing,
      regionLoss,
    }).dataSync()[0]!;
  const near = (got: number, expected: number) => Math.abs(got - expected) < 1e-5;

  t.test('is the weighted mean of cross-entropy over labelled pixels', async (t) => {
    // -log(1/2) and -log(1/4); the third pixel is void.
    t.ok(near(loss([0, 1, 2], [1, 1]), (Math.log(2) + Math.log(4)) / 2));
    t.ok(near(loss([0, 1, 255], [1, 3]), (Math.log(2) + 3 * Math.log(4)) / 4));
  });

  t.test('is 0, not NaN, where nothing is labelled', async (t) => {
    t.equal(loss([2, 2, 2], [1, 1]), 0);
  });

  t.test('gives a share of the target to all classes when smoothed', async (t) => {
    const expected = 0.9 * Math.log(4) - 0.1 * ((Math.log(3 / 4) + Math.log(1 / 4)) / 2);
    t.ok(near(loss([2, 1, 2], [1, 1], 0.1), expected));
  });

  t.test('adds what of each class of the batch is not common to truth and probabilities', async (t) => {
    // Probabilities of the first class 1/2, 3/4, (void); of the second 1/2, 1/4.
    const first = 0.5 / (1.25 + 1 - 0.5);
    const second = 0.25 / (0.75 + 1 - 0.25);
    const entropy = loss([0, 1, 2], [1, 1]);
    t.ok(near(loss([0, 1, 2], [1, 1], 0, 2) - entropy, 2 * (1 - (first + second) / 2)));
    const alone = 1.25 / (1.25 + 2 - 1.25);
    t.ok(
      near(loss([0, 0, 255], [1, 1], 0, 1) - loss([0, 0, 255], [1, 1]), 1 - alone),
      'a class that is absent says nothing',
    );
    t.equal(loss([2, 2, 2], [1, 1], 0, 1), 1);
  });
});
