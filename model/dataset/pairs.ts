import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, extname, join, relative, resolve, sep } from 'node:path';
import { type ClassSet, cityscapes19, cityscapes19LabelIds } from '../classes.js';
import { Failure } from '../failure.js';

/** A picture and its labels. */
export interface DatasetItem {
  /** The image's path inside its folder, without the extension: `0016E5_07959`, `aachen/aachen_000000_000019`. */
  readonly name: string;
  readonly imagePath: string;
  readonly labelPath: string;
}

/** The files of a data set: pairs, ordered by name, and files without a counterpart. */
export interface Pairs {
  readonly items: readonly DatasetItem[];
  readonly unpaired: readonly Unpaired[];
}

/** A picture without labels, labels without a picture, or a name in a list with neither. */
export interface Unpaired {
  readonly path: string;
  /** The missing file and its folder, for people to read: `left.png in camvid/train`. */
  readonly lookedFor: string;
}

const IMAGE_EXTENSIONS = new Set(['.png', '.jpg', '.jpeg', '.webp', '.tif', '.tiff', '.gif', '.avif']);

/** Suffixes that data sets append to the names of pictures. */
const IMAGE_SUFFIXES = ['_leftImg8bit'];

/**
 * Suffixes that data sets append to the names of labels. Where a folder holds several kinds, the first of these is taken,
 * except for Cityscapes' two.
 */
const LABEL_SUFFIXES = [
  '',
  '_gtFine_labelTrainIds',
  '_gtFine_labelIds',
  '_labelTrainIds',
  '_labelIds',
  '_L',
  '_labels',
];

/**
 * Pairs the images below one folder with the label images below another, by path and name without extension; the suffixes of
 * Cityscapes (`_leftImg8bit`, `_gtFine_labelTrainIds`, `_gtFine_labelIds`) and CamVid (`_L`) are recognised. All labels are of
 * the same one of Cityscapes' two kinds: nearly every number is valid in both, so a mixture would go unnoticed.
 *
 * @param classSet The class set by which the labels will be read, if known. It decides between the two kinds.
 * @throws `Failure` `DATASET_MISSING` for a folder that is not there or has no images.
 */
export async function pairFolders(imagesDir: string, labelsDir: string, classSet?: ClassSet): Promise<Pairs> {
  const [images, labels] = await Promise.all([listImages(imagesDir), listImages(labelsDir)]);
  const has = (stem: string, kind: string) =>
    LABEL_SUFFIXES.some((suffix) => suffix.endsWith(`_${kind}`) && labels.byStem.has(withoutSuffix(stem) + suffix));
  const isPrepared = [...images.byStem.keys()].every((stem) => has(stem, 'labelTrainIds') || !has(stem, 'labelIds'));
  const other = otherKind(classSet) ?? (isPrepared ? 'labelIds' : 'labelTrainIds');
  const suffixes = LABEL_SUFFIXES.filter((suffix) => !suffix.endsWith(`_${other}`));
  const used = new Set<string>();
  const items: DatasetItem[] = [];
  const unpaired: Unpaired[] = [images, labels].flatMap(({ twins }) =>
    twins.map(({ path, of }) => ({ path, lookedFor: `a name of its own, which ${of} has` })),
  );
  for (const [stem, imagePath] of images.byStem) {
    const name = withoutSuffix(stem);
    const labelStem = suffixes.map((suffix) => name + suffix).find((candidate) => labels.byStem.has(candidate));
    if (labelStem === undefined) {
      const known = suffixes.slice(1).join(', ');
      unpaired.push({ path: imagePath, lookedFor: `${name}.png (or with ${known} behind the name) in ${labelsDir}` });
      continue;
    }
    for (const suffix of LABEL_SUFFIXES) used.add(name + suffix);
    items.push({ name, imagePath, labelPath: labels.byStem.get(labelStem)! });
  }
  for (const [stem, labelPath] of labels.byStem) {
    // Cityscapes keeps further images beside the labels, which are no labels themselves.
    if (used.has(stem) || /_(color|instanceIds|instanceTrainIds)$/.test(stem)) continue;
    // The order matters: `_gtFine_labelIds` ends with `_labelIds`.
    const suffix = LABEL_SUFFIXES.slice(1).find((candidate) => stem.endsWith(candidate)) ?? '';
    const name = stem.slice(0, stem.length - suffix.length);
    unpaired.push({ path: labelPath, lookedFor: `${name}.png (or another kind of picture) in ${imagesDir}` });
  }
  return { items, unpaired };
}

/** The kind of Cityscapes labels that a class set does not read; undefined for other class sets. */
function otherKind(classSet: ClassSet | undefined): 'labelIds' | 'labelTrainIds' | undefined {
  if (classSet?.name === cityscapes19.name) return 'labelIds';
  return classSet?.name === cityscapes19LabelIds.name ? 'labelTrainIds' : undefined;
}

/**
 * Reads a list file: each line holds an image and its labels, two paths relative to the list file, separated by a tab or
 * spaces. If folders are given, a line may also be a single name, with a file of that name in both folders (PASCAL VOC's
 * lists). Empty lines and lines that begin with # are skipped.
 *
 * @throws `Failure` `DATASET_MISSING` where the file is missing or unreadable; `DATASET_INVALID` with the number of a line that
 * is malformed or repeats an earlier pair.
 */
export async function pairList(
  listPath: string,
  folders?: { readonly images: string; readonly labels: string },
  classSet?: ClassSet,
): Promise<Pairs> {
  const text = await readFile(listPath, 'utf8').catch((error: NodeJS.ErrnoException) => {
    const why = error.code === 'ENOENT' ? 'found none' : error.code === 'EISDIR' ? 'got a folder' : error.message;
    throw new Failure('DATASET_MISSING', `Expected a list of images and labels at ${listPath}, ${why}`);
  });
  const known =
    folders &&
    new Map((await pairFolders(folders.images, folders.labels, classSet)).items.map((item) => [item.name, item]));
  const items: DatasetItem[] = [];
  const unpaired: Unpaired[] = [];
  const lines = new Map<string, number>();
  const add = (item: DatasetItem, line: number) => {
    const key = `${item.imagePath}\t${item.labelPath}`;
    const first = lines.get(key);
    if (first !== undefined) {
      throw new Failure(
        'DATASET_INVALID',
        `Expected each pair once in ${listPath}, got line ${first} again on ${line}`,
      );
    }
    lines.set(key, line);
    items.push(item);
  };
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const trimmed = line.trim();
    if (trimmed === '' || trimmed.startsWith('#')) continue;
    const words = trimmed.includes('\t') ? trimmed.split(/\t+/) : trimmed.split(/\s+/);
    const [image, labels] = words;
    if (words.length === 2) {
      const from = (path: string) => resolve(dirname(listPath), path);
      add({ name: withoutExtension(image!), imagePath: from(image!), labelPath: from(labels!) }, index + 1);
    } else if (words.length === 1 && known !== undefined) {
      const item = known.get(withoutSuffix(withoutExtension(image!))) ?? known.get(image!);
      if (item === undefined) {
        const lookedFor = `a picture of this name in ${folders!.images} and its labels in ${folders!.labels}`;
        unpaired.push({ path: join(folders!.images, image!), lookedFor });
      } else add(item, index + 1);
    } else {
      const expected = known === undefined ? 'an image and its labels' : 'a name, or an image and its labels';
      throw new Failure(
        'DATASET_INVALID',
        `Expected ${expected} on line ${index + 1} of ${listPath}, got '${trimmed}'`,
      );
    }
  }
  return { items, unpaired };
}

/** The image files below a folder. */
interface Images {
  /** Paths by stem (the path without extension), ordered by name. */
  readonly byStem: ReadonlyMap<string, string>;
  /** Files whose stem another file has already. */
  readonly twins: readonly { readonly path: string; readonly of: string }[];
}

async function listImages(dir: string): Promise<Images> {
  const names = await readdir(dir, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
    const why = error.code === 'ENOENT' ? 'found none' : error.code === 'ENOTDIR' ? 'got a file' : error.message;
    throw new Failure('DATASET_MISSING', `Expected a folder of images at ${dir}, ${why}`);
  });
  const paths = names
    .filter((name) => IMAGE_EXTENSIONS.has(extname(name).toLowerCase()) && !basename(name).startsWith('.'))
    .sort()
    .map((name) => join(dir, name));
  if (paths.length === 0) throw new Failure('DATASET_MISSING', `Expected images in ${dir}, found none`);
  const byStem = new Map<string, string>();
  const twins: { path: string; of: string }[] = [];
  for (const path of paths) {
    const stem = withoutExtension(relative(dir, path));
    const first = byStem.get(stem);
    if (first === undefined) byStem.set(stem, path);
    else twins.push({ path, of: first });
  }
  return { byStem, twins };
}

const withoutExtension = (path: string) =>
  path
    .slice(0, path.length - extname(path).length)
    .split(sep)
    .join('/');

function withoutSuffix(stem: string): string {
  const suffix = IMAGE_SUFFIXES.find((candidate) => stem.endsWith(candidate));
  return suffix === undefined ? stem : stem.slice(0, -suffix.length);
}
