import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { camvid11 } from '../../../model/classes.js';
import { buildNetwork } from '../../../model/networks/index.js';
import { readSafetensors } from '../../../model/safetensors.js';
import { createLearner, type Learner } from '../../../model/training/learner.js';
import { crossEntropyAlone } from '../../../model/training/loss.js';
import { recipes } from '../../../model/training/recipe.js';
import { loadTensorflow, prepareTensorflow } from '../../../model/training/tensorflow.js';
import type { MemoryAnswer, RunAnswer, RunQuestion } from '../contest/contest-messages.js';
import { answerLines } from '../process/answer-lines.js';
import { cpuMsSince, peakBytes } from '../process/own-cost.js';
import { type LessonAnswer, type LessonQuestion, lessonFiles } from './training-messages.js';

/* The program that trains a network on one batch repeatedly, in a separate process, so that its memory can be measured. */

/** A learning rate so small that the weights hardly change, since only time is measured. */
const LEARNING_RATE = 1e-6;

let learnOnce: () => number;
let steps = 0;

async function load({ folder, network, width, height, batch, threads }: LessonQuestion): Promise<LessonAnswer> {
  prepareTensorflow(threads);
  const tf = await loadTensorflow();
  const { tensors } = await readSafetensors(join(folder, lessonFiles.tensors));
  const { classes } = camvid11;
  const learner: Learner = createLearner(
    tf,
    buildNetwork(network, classes.length),
    // The same loss as in `../peers/trainer.py`.
    { ...recipes.compact, batch, ...crossEntropyAlone },
    tensors,
    { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] },
    classes.map(() => 1),
    1,
  );
  const [images, labels] = await Promise.all(
    [lessonFiles.pictures, lessonFiles.labels].map((file) => readFile(join(folder, file))),
  );
  learnOnce = () => learner.learn({ images: images!, labels: labels! }, { width, height }, LEARNING_RATE, steps++);
  return { description: `TensorFlow ${tf.version['tfjs-core']}`, loss: learnOnce() };
}

async function run({ times }: RunQuestion): Promise<RunAnswer> {
  const before = process.cpuUsage();
  const ms = Array.from({ length: times }, () => {
    const begunAt = performance.now();
    learnOnce();
    return performance.now() - begunAt;
  });
  return { ms, cpuMs: cpuMsSince(before) };
}

async function memory(): Promise<MemoryAnswer> {
  return { peakBytes: peakBytes() };
}

await answerLines({ load, run, memory });
