import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import type { Dataset } from '../dataset/dataset.js';
import { readAhead } from '../dataset/read-ahead.js';
import { readPair } from '../dataset/read-pair.js';
import { fitInside, scalePicture } from '../dataset/scale.js';
import type { ClassMask, RgbPicture } from '../engine.js';
import { createConfusion, type Scores, scoresOf } from '../evaluation/confusion.js';
import { scaleMask } from '../scale-mask.js';
import type { Size } from '../size.js';
import { writeTrainingReport } from './report.js';
import type { Tensorflow } from './tensorflow.js';
import type { TrainOptions } from './train.js';
import { predict, type Trainable } from './trainable.js';

/** Segments a picture as `evaluate` does: scaled to fit the input size, and the mask scaled back to the picture's size. */
async function segment(
  tf: Tensorflow,
  trainable: Trainable,
  picture: RgbPicture,
  box: Size,
  parameters: ReadonlyMap<string, Tensor> | undefined,
): Promise<ClassMask> {
  const { width, height } = fitInside(picture, box);
  const fitted = await scalePicture(picture, width, height);
  const mask = { width, height, data: predict(tf, trainable, fitted, { parameters }) };
  return scaleMask(mask, picture.width, picture.height);
}

/** Scores the given parameters, or the network's own, on the validation pictures; undefined if the signal stops it before the last one. */
export async function validate(
  tf: Tensorflow,
  trainable: Trainable,
  { items, classSet }: Dataset,
  box: Size,
  parameters: ReadonlyMap<string, Tensor> | undefined,
  signal: AbortSignal | undefined,
): Promise<Scores | undefined> {
  const confusion = createConfusion(classSet.classes.length);
  for await (const { picture, labels } of readAhead(items, (item) => readPair(item, classSet))) {
    if (signal?.aborted) return undefined;
    confusion.add(labels.data, (await segment(tf, trainable, picture, box, parameters)).data);
  }
  return scoresOf(confusion);
}

/** How many validation pictures the report shows. */
const REPORT_EXAMPLES = 6;

/** Writes the report of a training, with some validation pictures in it. */
export async function reportTraining(
  tf: Tensorflow,
  { directory, network, validation }: Pick<TrainOptions, 'directory' | 'network' | 'validation'>,
  trainable: Trainable,
  box: Size,
  parameters: ReadonlyMap<string, Tensor> | undefined,
): Promise<void> {
  const { items, classSet } = validation;
  const shown = items.filter((_, i) => i % Math.ceil(items.length / REPORT_EXAMPLES) === 0);
  const examples = shown.map(async (item) => {
    const { picture, labels } = await readPair(item, classSet);
    return {
      name: item.name,
      picture,
      truth: labels,
      prediction: await segment(tf, trainable, picture, box, parameters),
    };
  });
  const title = `${network.title} on ${validation.name}`;
  await writeTrainingReport(directory, title, classSet.classes, await Promise.all(examples));
}
