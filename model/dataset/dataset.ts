import { access } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type ClassSet, camvid11, cityscapes19, cityscapes19LabelIds, classSetByName } from '../classes.js';
import { Failure } from '../failure.js';
import { type DatasetFile, readDatasetFile } from './dataset-file.js';
import { type DatasetItem, type Pairs, pairFolders, pairList, type Unpaired } from './pairs.js';

/** One split of a data set: pictures with their labels, and the class set of the labels. */
export interface Dataset {
  /** A name for people to read: the folder, or the name in `dataset.json`. */
  readonly name: string;
  /** Which split of it this is (`train`); undefined where folders alone were named. */
  readonly split?: string;
  readonly classSet: ClassSet;
  readonly items: readonly DatasetItem[];
  /** Images without labels and labels without an image; `checkDataset` refuses a data set that has any. */
  readonly unpaired: readonly Unpaired[];
}

/**
 * Opens one split (`train`, `val`, `test`) of the data set in a folder. The layout is the first of these that the folder has:
 *
 * 1. `dataset.json`, which describes it,
 * 2. `SPLIT/` and `SPLITannot/` with files of equal names (CamVid),
 * 3. `leftImg8bit/SPLIT/` and `gtFine/SPLIT/` (Cityscapes),
 * 4. `SPLIT.txt`, with an image and its labels on each line.
 *
 * Files are listed but not read, which `checkDataset` does. `classes` names the class set and replaces the layout's own
 * (CamVid's, Cityscapes', the one in `dataset.json`; a list has none).
 *
 * @throws `Failure` `DATASET_MISSING` where there is no such folder or split, `DATASET_INVALID` for a faulty
 * `dataset.json` or list, `CLASSES_UNKNOWN`.
 */
export async function openDataset(
  dir: string,
  split: string,
  options: { readonly classes?: string | ClassSet } = {},
): Promise<Dataset> {
  const chosen = typeof options.classes === 'string' ? classSetByName(options.classes) : options.classes;
  const described = await readDatasetFile(join(dir, 'dataset.json'));
  if (described !== undefined) {
    const { name, classes, splits } = described;
    const classSet = chosen ?? (typeof classes === 'string' ? classSetByName(classes) : classes);
    return { name, split, classSet, ...(await pairSplit(dir, split, splits, classSet)) };
  }
  if (await exists(join(dir, split), join(dir, `${split}annot`))) {
    const pairs = await pairFolders(join(dir, split), join(dir, `${split}annot`), chosen);
    return { name: dir, split, classSet: chosen ?? camvid11, ...pairs };
  }
  if (await exists(join(dir, 'leftImg8bit', split), join(dir, 'gtFine', split))) {
    const pairs = await pairFolders(join(dir, 'leftImg8bit', split), join(dir, 'gtFine', split), chosen);
    const trainIds = pairs.items.every(({ labelPath }) => /TrainIds\.\w+$/.test(labelPath));
    return { name: dir, split, classSet: chosen ?? (trainIds ? cityscapes19 : cityscapes19LabelIds), ...pairs };
  }
  const list = join(dir, `${split}.txt`);
  if (!(await exists(list))) {
    throw new Failure(
      'DATASET_MISSING',
      `Expected a data set with a split '${split}' in ${dir}: dataset.json, ${split}/ and ${split}annot/, leftImg8bit/${split}/ and gtFine/${split}/, or ${split}.txt; found none of them`,
    );
  }
  if (chosen === undefined) {
    throw new Failure(
      'CLASSES_UNKNOWN',
      `Expected ${dir} to have a dataset.json, or its classes to be named, since ${list} does not say them`,
    );
  }
  return { name: dir, split, classSet: chosen, ...(await pairList(list)) };
}

/**
 * Opens a folder of images and a folder of their labels as a data set.
 *
 * @throws `Failure` `DATASET_MISSING` for a folder that is not there or has no images.
 */
export async function openPairs(imagesDir: string, labelsDir: string, classSet: ClassSet): Promise<Dataset> {
  return { name: imagesDir, classSet, ...(await pairFolders(imagesDir, labelsDir, classSet)) };
}

/** A data set as messages name it, with the split: `my street (train)`. */
export function titleOf({ name, split }: Pick<Dataset, 'name' | 'split'>): string {
  return split === undefined ? name : `${name} (${split})`;
}

/** The items of a data set for which `keep` is true, as for folds that hold out a drive. */
export function filterDataset(dataset: Dataset, keep: (item: DatasetItem) => boolean): Dataset {
  return { ...dataset, items: dataset.items.filter(keep) };
}

async function pairSplit(
  dir: string,
  split: string,
  splits: DatasetFile['splits'],
  classSet: ClassSet,
): Promise<Pairs> {
  const found = Object.hasOwn(splits, split) ? splits[split] : undefined;
  if (found === undefined) {
    const known = Object.keys(splits).join(', ');
    throw new Failure(
      'DATASET_MISSING',
      `Expected a split '${split}' in ${join(dir, 'dataset.json')}, which has ${known || 'none'}`,
    );
  }
  const { images, labels, list } = found;
  const folders =
    images !== undefined && labels !== undefined
      ? { images: resolve(dir, images), labels: resolve(dir, labels) }
      : undefined;
  if (list !== undefined) return pairList(resolve(dir, list), folders, classSet);
  if (folders !== undefined) return pairFolders(folders.images, folders.labels, classSet);
  throw new Failure(
    'DATASET_INVALID',
    `Expected split '${split}' of ${join(dir, 'dataset.json')} to have "images" and "labels", or "list"`,
  );
}

async function exists(...paths: readonly string[]): Promise<boolean> {
  const found = await Promise.all(
    paths.map((path) =>
      access(path).then(
        () => true,
        () => false,
      ),
    ),
  );
  return found.every(Boolean);
}
