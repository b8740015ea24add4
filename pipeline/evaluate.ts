import { type ClassSet, cityscapes19, cityscapes19LabelIds, classSets, haveSameNames } from '../model/classes.js';
import { checkDataset } from '../model/dataset/check.js';
import { type Dataset, openPairs } from '../model/dataset/dataset.js';
import { type DatasetItem, pairFolders } from '../model/dataset/pairs.js';
import { readAhead } from '../model/dataset/read-ahead.js';
import { type LabelledPicture, readPair } from '../model/dataset/read-pair.js';
import { fitInside, scalePicture } from '../model/dataset/scale.js';
import type { ClassLabel, ClassMask, Engine, RgbPicture } from '../model/engine.js';
import { boundaryScores, createBoundaryAverage } from '../model/evaluation/boundary.js';
import { createConfusion, scoresOf } from '../model/evaluation/confusion.js';
import { type Corruption, corrupt } from '../model/evaluation/corruptions.js';
import { Failure } from '../model/failure.js';
import { scaleMask } from '../model/scale-mask.js';
import type { Size } from '../model/size.js';

/** How pictures are segmented and scored. */
export interface EvaluateOptions {
  readonly engine: Engine;
  /**
   * The size in which the network sees the pictures; masks are scaled back to the labels.
   *
   * Without one, each picture is fitted inside the engine's input size, as `run` does.
   */
  readonly size?: Size | undefined;
  /**
   * Pictures that the engine is given at once.
   *
   * @default 1
   */
  readonly batch?: number | undefined;
  /** Corrupts each picture before the network sees it. */
  readonly corruption?: Corruption | undefined;
  /** Hears how many of the pictures are scored. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Scores in per cent of one class; `NaN` (null in JSON) where the pictures leave them undefined. */
export interface ClassEvaluation {
  readonly recall: number;
  readonly IoU: number;
  readonly BF: number;
}

/** What an engine scored on a data set, in per cent. As JSON it is what `segnet-stream evaluate --json` prints. */
export interface Evaluation {
  /** Global accuracy. */
  readonly G: number;
  /** Class average accuracy. */
  readonly C: number;
  readonly mIoU: number;
  /** Boundary F1, mean over the classes of each picture, then over pictures. */
  readonly BF: number;
  /** By class name. */
  readonly perClass: Readonly<Record<string, ClassEvaluation>>;
  /** Pixels by true class (row) and predicted class (column), in the order of `classes`. */
  readonly confusion: readonly (readonly number[])[];
  readonly classes: readonly ClassLabel[];
  readonly images: number;
  readonly network: string;
  readonly engine: string;
  readonly provider: string;
  readonly precision: Engine['precision'];
  readonly classSet: string;
  readonly corruption: Corruption | null;
  /** From the first picture read to the last scored; reading and scoring run beside the network. */
  readonly seconds: number;
  /** What is odd about the data: classes that never appear. */
  readonly warnings: readonly string[];
}

/**
 * Scores an engine on a folder of images and a folder of their labels (G, C, mIoU and BF of the SegNet paper, section
 * 3.3). The labels are read by the class set that is given, else by the one whose classes the engine has.
 *
 * @throws `Failure` as `openPairs` and `evaluateDataset`.
 */
export async function evaluate(
  options: EvaluateOptions & { readonly images: string; readonly labels: string; readonly classSet?: ClassSet },
): Promise<Evaluation> {
  const { images, labels, engine, classSet } = options;
  return evaluateDataset(await openLabelled(images, labels, engine.classes, classSet), options);
}

/**
 * Opens a folder of images and a folder of their labels, read by the class set that is given; else by the known one that
 * has these classes (Cityscapes' as its files are named); else a label is the index of its class, and 255 is void.
 *
 * @throws `Failure` as `openPairs`.
 */
export async function openLabelled(
  images: string,
  labels: string,
  classes: readonly ClassLabel[],
  classSet?: ClassSet,
): Promise<Dataset> {
  if (classSet !== undefined) return openPairs(images, labels, classSet);
  const guessed = guessClassSet(classes);
  const pairs = await pairFolders(images, labels);
  const byLabelIds = pairs.items.some(({ labelPath }) => /_labelIds\.\w+$/.test(labelPath));
  const isLabelIds = byLabelIds && guessed.name === cityscapes19.name;
  return { name: images, classSet: isLabelIds ? cityscapes19LabelIds : guessed, ...pairs };
}

/**
 * Scores an engine on a data set. Every picture and label is read before the first is segmented.
 *
 * @throws `Failure` `DATASET_INVALID` for missing pairs, files that do not read, sizes that differ and labels that are no class;
 * `CLASSES_MISMATCH` where the engine tells other classes apart; what `Engine.segment` throws; the signal's reason.
 */
async function evaluateDataset(dataset: Dataset, options: EvaluateOptions): Promise<Evaluation> {
  const { engine, batch = 1, corruption, onProgress, signal } = options;
  const { items, classSet } = dataset;
  checkClasses(engine, classSet);
  const { warnings } = await checkDataset(dataset, { signal });

  const count = classSet.classes.length;
  const confusion = createConfusion(count);
  const boundaries = createBoundaryAverage(count);
  const start = performance.now();
  let done = 0;
  // Two batches more than the engine works on: one being read, one waiting. Scoring goes on between them.
  for await (const pairs of readAhead(chunk(items, batch), (chunk) => segmentItems(chunk, classSet, options), 3)) {
    signal?.throwIfAborted();
    for (const { labels, prediction } of pairs) {
      confusion.add(labels.data, prediction.data);
      boundaries.add(boundaryScores(labels, prediction, count));
      done += 1;
      onProgress?.(done, items.length);
    }
  }

  const { G, C, mIoU, perClass } = scoresOf(confusion);
  const ofBoundaries = boundaries.result();
  return {
    G,
    C,
    mIoU,
    BF: ofBoundaries.BF,
    perClass: Object.fromEntries(
      classSet.classes.map(({ name }, index) => [name, { ...perClass[index]!, BF: ofBoundaries.perClass[index]! }]),
    ),
    confusion: Array.from({ length: count }, (_, row) => [
      ...confusion.counts.subarray(row * count, (row + 1) * count),
    ]),
    classes: classSet.classes,
    images: items.length,
    network: engine.network,
    engine: engine.name,
    provider: engine.provider,
    precision: engine.precision,
    classSet: classSet.name,
    corruption: corruption ?? null,
    seconds: (performance.now() - start) / 1000,
    warnings,
  };
}

/** The known class set that has these classes; else their indices are the labels, and 255 is void. */
export function guessClassSet(classes: readonly ClassLabel[]): ClassSet {
  const known = classSets.find((set) => haveSameNames(set.classes, classes));
  return known ?? { name: 'the weights', title: 'The classes of the weights', classes, voidIndex: 255 };
}

function checkClasses(engine: Engine, set: ClassSet): void {
  if (haveSameNames(engine.classes, set.classes)) return;
  throw new Failure(
    'CLASSES_MISMATCH',
    `Expected the weights to tell apart the classes of ${set.name} (${namesOf(set.classes)}), got ${namesOf(engine.classes)}`,
  );
}

const namesOf = (classes: readonly ClassLabel[]) => classes.map(({ name }) => name).join(', ');

async function segmentItems(
  items: readonly DatasetItem[],
  classSet: ClassSet,
  options: EvaluateOptions,
): Promise<readonly { readonly labels: ClassMask; readonly prediction: ClassMask }[]> {
  const samples = await Promise.all(items.map((item) => readSample(item, classSet, options.corruption)));
  const inputs = await Promise.all(
    samples.map(({ picture }) => {
      const { width, height } = options.size ?? fitInside(picture, options.engine.inputSize);
      return scalePicture(picture, width, height);
    }),
  );
  const masks = await segmentAll(inputs, options);
  return samples.map(({ labels }, i) => ({ labels, prediction: scaleMask(masks[i]!, labels.width, labels.height) }));
}

async function readSample(
  item: DatasetItem,
  classSet: ClassSet,
  corruption: Corruption | undefined,
): Promise<LabelledPicture> {
  const pair = await readPair(item, classSet);
  return corruption === undefined ? pair : corrupt(pair, corruption);
}

/** Pictures of one size go to the engine together; where sizes differ, each goes alone. */
async function segmentAll(
  pictures: readonly RgbPicture[],
  { engine, signal }: EvaluateOptions,
): Promise<readonly ClassMask[]> {
  const options = signal === undefined ? {} : { signal };
  const oneSize = pictures.every(({ width, height }) => width === pictures[0]!.width && height === pictures[0]!.height);
  if (oneSize) return engine.segment(pictures, options);
  const masks = await Promise.all(pictures.map((picture) => engine.segment([picture], options)));
  return masks.flat();
}

function chunk<Item>(items: readonly Item[], size: number): readonly (readonly Item[])[] {
  const chunks: (readonly Item[])[] = [];
  for (let from = 0; from < items.length; from += size) chunks.push(items.slice(from, from + size));
  return chunks;
}
