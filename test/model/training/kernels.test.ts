import type { Tensor, Tensor4D } from '@tensorflow/tfjs-node-gpu';
import t from 'tap';
import { trainingKernels } from '../../../model/training/kernels.js';
import { tensorflow, withoutTensorflow } from './tensorflow-or-skip.js';

t.test('pooling and unpooling', { skip: withoutTensorflow }, async (t) => {
  const tf = tensorflow!;
  const { maxPoolWithArgmax, maxUnpool } = trainingKernels(tf);

  t.test('the first maximum of a window in row-major order is the one that is kept', async (t) => {
    const x = tf.tensor4d([1, 2, 2, 2, 3, 3, 3, 3], [1, 2, 4, 1]);
    const { pooled, argmax } = maxPoolWithArgmax(x);
    t.same([...pooled.dataSync()], [3, 3]);
    const ties = tf.zeros([1, 2, 2, 1]) as Tensor4D;
    const tied = maxPoolWithArgmax(ties);
    t.same(
      [...maxUnpool(tf.tensor4d([7, 8], [1, 1, 2, 1]), x, argmax).dataSync()],
      [0, 0, 0, 0, 7, 0, 8, 0].slice(0, 8),
    );
    t.same([...maxUnpool(tf.tensor4d([5], [1, 1, 1, 1]), ties, tied.argmax).dataSync()], [5, 0, 0, 0]);
  });

  t.test('the last row and column of an odd map pool alone', async (t) => {
    const x = tf.tensor4d([9, 1, 2, 1, 1, 5, 4, 6, 3], [1, 3, 3, 1]);
    t.same([...maxPoolWithArgmax(x).pooled.dataSync()], [9, 5, 6, 3]);
  });

  for (const [height, width] of [
    [4, 6],
    [5, 7],
  ] as const) {
    t.test(`gradients at ${height}x${width} are the numerical ones`, async (t) => {
      // Values far enough apart that a small step changes no maximum.
      const values = Array.from({ length: height * width * 2 }, (_, i) => ((i * 37) % 101) / 10);
      const x = tf.tensor4d(values, [1, height, width, 2]);
      const { pooled, argmax } = maxPoolWithArgmax(x);
      const weights = tf.randomNormal([1, height, width, 2], 0, 1, 'float32', 3);
      const unpooled = (v: Tensor) => tf.sum(tf.mul(maxUnpool(v as Tensor4D, x, argmax), weights));
      t.ok(gradientError(unpooled, pooled) < 1e-3, 'of unpooling');
      const pooledWeights = tf.randomNormal(pooled.shape, 0, 1, 'float32', 4);
      const pool = (v: Tensor) => tf.sum(tf.mul(maxPoolWithArgmax(v as Tensor4D).pooled, pooledWeights));
      t.ok(gradientError(pool, x) < 1e-3, 'of pooling');
    });
  }

  function gradientError(f: (x: Tensor) => Tensor, x: Tensor): number {
    const gradient = tf.grad(f)(x).dataSync();
    const data = x.dataSync();
    const at = (i: number, step: number) => {
      const moved = Float32Array.from(data);
      moved[i]! += step;
      return f(tf.tensor(moved, x.shape)).dataSync()[0]!;
    };
    return Math.max(
      ...Array.from(
        data,
        (_, i) => Math.abs((at(i, 0.02) - at(i, -0.02)) / 0.04 - gradient[i]!) / (1 + Math.abs(gradient[i]!)),
      ),
    );
  }
});

t.test('batch normalisation', { skip: withoutTensorflow }, async (t) => {
  const tf = tensorflow!;
  const { batchNorm } = trainingKernels(tf);
  const x = tf.randomNormal([2, 3, 5, 4], 1, 2, 'float32', 1) as Tensor4D;
  const gamma = tf.randomNormal([4], 1, 0.5, 'float32', 2);
  const beta = tf.randomNormal([4], 0, 1, 'float32', 3);
  const weights = tf.randomNormal(x.shape, 0, 1, 'float32', 4);
  const composed = (a: Tensor, g: Tensor, b: Tensor) => {
    const { mean, variance } = tf.moments(a, [0, 1, 2]);
    return tf.add(tf.mul(tf.div(tf.sub(a, mean), tf.sqrt(tf.add(variance, 1e-5))), g), b);
  };

  t.test('is the composed one, values and gradients', async (t) => {
    const fused = (a: Tensor, g: Tensor, b: Tensor) => batchNorm(a as Tensor4D, g, b, 1e-5).normalised;
    t.ok(largest(tf.sub(fused(x, gamma, beta), composed(x, gamma, beta))) < 1e-5);
    const sum = (f: typeof composed) => (a: Tensor, g: Tensor, b: Tensor) => tf.sum(tf.mul(f(a, g, b), weights));
    const [ours, theirs] = [tf.grads(sum(fused)), tf.grads(sum(composed))].map((grads) => grads([x, gamma, beta]));
    for (const i of [0, 1, 2]) t.ok(largest(tf.sub(ours![i]!, theirs![i]!)) < 1e-4);
  });

  t.test('gives the statistics of the batch, the variance unbiased', async (t) => {
    const { mean, variance } = batchNorm(x, gamma, beta, 1e-5);
    const moments = tf.moments(x, [0, 1, 2]);
    t.ok(largest(tf.sub(mean, moments.mean)) < 1e-5);
    t.ok(largest(tf.sub(variance, tf.mul(moments.variance, 30 / 29))) < 1e-4);
  });

  function largest(difference: Tensor): number {
    return tf.max(tf.abs(difference)).dataSync()[0]!;
  }
});
