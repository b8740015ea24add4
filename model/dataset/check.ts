import { Failure } from '../failure.js';
import { type Dataset, titleOf } from './dataset.js';
import { type ClassFrequencies, createFrequencyCount } from './frequencies.js';
import type { DatasetItem } from './pairs.js';
import { readAhead } from './read-ahead.js';
import { readPair } from './read-pair.js';

/** The result of a check that a data set passed. */
export interface DatasetReport {
  /** Sentences for people to read, about oddities that do not prevent training. */
  readonly warnings: readonly string[];
  readonly frequencies: ClassFrequencies;
}

const SHOWN_PROBLEMS = 10;

/** How a check reports progress, and how it is stopped. */
export interface CheckOptions {
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  /** Aborts the check, which throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Checks several data sets as {@link checkDataset} does and reports the problems of all of them together.
 *
 * @throws `Failure` `DATASET_INVALID`; the signal's reason.
 */
export async function checkDatasets(
  datasets: readonly Dataset[],
  { onProgress, signal }: CheckOptions = {},
): Promise<readonly DatasetReport[]> {
  const total = datasets.reduce((sum, { items }) => sum + items.length, 0);
  const reports: DatasetReport[] = [];
  const failures: Failure[] = [];
  let before = 0;
  for (const dataset of datasets) {
    try {
      reports.push(await checkDataset(dataset, { signal, onProgress: (done) => onProgress?.(before + done, total) }));
    } catch (error) {
      if (!(error instanceof Failure) || error.code !== 'DATASET_INVALID') throw error;
      failures.push(error);
    }
    before += dataset.items.length;
  }
  if (failures.length > 0) {
    throw new Failure('DATASET_INVALID', failures.map(({ message }) => message).join('\n'), { cause: failures[0] });
  }
  return reports;
}

/**
 * Reads every file of a data set before the first step. Problems are images without labels and labels without an image,
 * truncated files, pairs of different sizes and labels that are no class. A class that never appears is a warning.
 *
 * @throws `Failure` `DATASET_INVALID` with the first ten problems, one per line, and the number of further ones; the signal's
 * reason.
 */
export async function checkDataset(dataset: Dataset, options: CheckOptions = {}): Promise<DatasetReport> {
  const { classSet, items, unpaired } = dataset;
  const title = titleOf(dataset);
  const problems = unpaired.map(({ path, lookedFor }) => `${path} has no other half: looked for ${lookedFor}`);
  const count = createFrequencyCount(classSet.classes.length);
  let done = 0;
  for await (const outcome of readAhead(items, (item) => checkItem(item, dataset))) {
    options.signal?.throwIfAborted();
    if (typeof outcome === 'string') problems.push(outcome);
    else count.add(outcome);
    done += 1;
    options.onProgress?.(done, items.length);
  }
  if (problems.length === 0 && items.length === 0) problems.push('it has no images');
  if (problems.length > 0) {
    const shown = problems.slice(0, SHOWN_PROBLEMS).map((problem) => `\n  ${problem}`);
    const more = problems.length > SHOWN_PROBLEMS ? `\n  and ${problems.length - SHOWN_PROBLEMS} more` : '';
    throw new Failure('DATASET_INVALID', `Expected a sound data set at ${title}, but${shown.join('')}${more}`);
  }
  const frequencies = count.result();
  if (frequencies.pixels.every((pixels) => pixels === 0)) {
    throw new Failure('DATASET_INVALID', `Expected labels for ${title}, but every pixel of them is void`);
  }
  const absent = classSet.classes.filter((_, index) => frequencies.pixels[index] === 0).map((each) => each.name);
  const warnings = absent.length === 0 ? [] : [`The labels for ${title} have no pixel of ${absent.join(', ')}`];
  return { warnings, frequencies };
}

/** Returns the labels of a valid pair, or its problem. */
async function checkItem(item: DatasetItem, { classSet }: Dataset) {
  try {
    const { picture, labels } = await readPair(item, classSet);
    if (picture.width === labels.width && picture.height === labels.height) return labels;
    const { imagePath, labelPath } = item;
    return `${imagePath} is ${picture.width}x${picture.height}, its labels ${labelPath} are ${labels.width}x${labels.height}`;
  } catch (error) {
    if (error instanceof Failure) return error.message;
    throw error;
  }
}
