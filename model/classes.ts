import type { ClassLabel } from './engine.js';
import { Failure } from './failure.js';

/** The classes of a data set, and how its label images number them. */
export interface ClassSet {
  /** The name used in a dataset file and by `--classes`: `camvid-11`. */
  readonly name: string;
  /** One line for people to read. */
  readonly title: string;
  /** By class index. */
  readonly classes: readonly ClassLabel[];
  /** The mask value of unlabelled pixels, which loss and scores leave out; null if there is none. */
  readonly voidIndex: number | null;
  /**
   * The value of each class in label images, by class index.
   *
   * Defaults to the class index itself.
   */
  readonly labelValues?: readonly number[];
  /**
   * The values in label images that mean void.
   *
   * Defaults to `voidIndex` alone.
   */
  readonly voidLabels?: readonly number[];
}

/** The number of classes that a network can tell apart: a mask has one byte per pixel, and void needs one of its values. */
export const CLASS_LIMITS = { min: 2, max: 255 };

/** True for the same class names in the same order: a network knows its classes by their indices alone. */
export function haveSameNames(left: readonly ClassLabel[], right: readonly ClassLabel[]): boolean {
  return left.length === right.length && left.every(({ name }, index) => name === right[index]!.name);
}

type Colour = ClassLabel['colour'];

const label = (name: string, red: number, green: number, blue: number): ClassLabel => ({
  name,
  colour: [red, green, blue],
});

/** The colour map of PASCAL VOC: the bits of the index dealt to red, green and blue in turn, highest bit first. */
function vocColour(index: number): Colour {
  const colour: [number, number, number] = [0, 0, 0];
  for (let place = 7, bits = index; bits > 0; place--, bits >>= 3) {
    for (const channel of [0, 1, 2] as const) colour[channel] |= ((bits >> channel) & 1) << place;
  }
  return colour;
}

const camvidClasses: readonly ClassLabel[] = [
  label('sky', 128, 128, 128),
  label('building', 128, 0, 0),
  label('column-pole', 192, 192, 128),
  label('road', 128, 64, 128),
  label('side-walk', 60, 40, 222),
  label('tree', 128, 128, 0),
  label('sign-symbol', 192, 128, 128),
  label('fence', 64, 64, 128),
  label('car', 64, 0, 128),
  label('pedestrian', 64, 64, 0),
  label('bicyclist', 0, 128, 192),
];

/** CamVid as SegNet uses it (arXiv 1511.00561): 11 classes, 11 = void. */
export const camvid11: ClassSet = {
  name: 'camvid-11',
  title: 'CamVid road scenes, 11 classes, void ignored',
  classes: camvidClasses,
  voidIndex: 11,
};

/** CamVid with void learnt as a twelfth class, so that a network may say "none of these". */
export const camvid12: ClassSet = {
  name: 'camvid-12',
  title: 'CamVid road scenes, 11 classes and void as the twelfth',
  classes: [...camvidClasses, label('void', 0, 0, 0)],
  voidIndex: null,
};

const vocNames =
  'background aeroplane bicycle bird boat bottle bus car cat chair cow dining-table dog horse motorbike person potted-plant sheep sofa train tv-monitor';

/** PASCAL VOC 2012: background and 20 classes, 255 = the unlabelled outline of objects. */
export const pascalVoc21: ClassSet = {
  name: 'pascal-voc-21',
  title: 'PASCAL VOC objects, 20 classes and background',
  classes: vocNames.split(' ').map((name, index) => ({ name, colour: vocColour(index) })),
  voidIndex: 255,
};

const cityscapesClasses: readonly ClassLabel[] = [
  label('road', 128, 64, 128),
  label('sidewalk', 244, 35, 232),
  label('building', 70, 70, 70),
  label('wall', 102, 102, 156),
  label('fence', 190, 153, 153),
  label('pole', 153, 153, 153),
  label('traffic-light', 250, 170, 30),
  label('traffic-sign', 220, 220, 0),
  label('vegetation', 107, 142, 35),
  label('terrain', 152, 251, 152),
  label('sky', 70, 130, 180),
  label('person', 220, 20, 60),
  label('rider', 255, 0, 0),
  label('car', 0, 0, 142),
  label('truck', 0, 0, 70),
  label('bus', 0, 60, 100),
  label('train', 0, 80, 100),
  label('motorcycle', 0, 0, 230),
  label('bicycle', 119, 11, 32),
];

/** Cityscapes by train ids (`*_labelTrainIds.png`), 255 = void. */
export const cityscapes19: ClassSet = {
  name: 'cityscapes-19',
  title: 'Cityscapes streets, 19 classes by train id',
  classes: cityscapesClasses,
  voidIndex: 255,
};

/** Cityscapes as it is downloaded (`*_labelIds.png`): the same 19 classes, the other ids void. */
export const cityscapes19LabelIds: ClassSet = {
  name: 'cityscapes-19-label-ids',
  title: 'Cityscapes streets, 19 classes, label images by the original ids',
  classes: cityscapesClasses,
  voidIndex: 255,
  labelValues: [7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33],
  voidLabels: [0, 1, 2, 3, 4, 5, 6, 9, 10, 14, 15, 16, 18, 29, 30, 255],
};

const sunNames =
  'wall floor cabinet bed chair sofa table door window bookshelf picture counter blinds desk shelves curtain dresser pillow mirror floor-mat clothes ceiling books fridge tv paper towel shower-curtain box whiteboard person night-stand toilet sink lamp bathtub bag';

/** SUN RGB-D: 37 indoor classes, 1 to 37 in its label images and 0 = void; the colours are VOC's for those numbers. */
export const sunRgbd37: ClassSet = {
  name: 'sun-rgbd-37',
  title: 'SUN RGB-D indoor scenes, 37 classes',
  classes: sunNames.split(' ').map((name, index) => ({ name, colour: vocColour(index + 1) })),
  voidIndex: 255,
  labelValues: Array.from({ length: 37 }, (_, index) => index + 1),
  voidLabels: [0],
};

/** The class sets that are known by name. */
export const classSets: readonly ClassSet[] = [
  camvid11,
  camvid12,
  pascalVoc21,
  cityscapes19,
  cityscapes19LabelIds,
  sunRgbd37,
];

/**
 * Finds a class set by its name.
 *
 * @throws `Failure` `CLASSES_UNKNOWN`, listing the known names.
 */
export function classSetByName(name: string): ClassSet {
  const found = classSets.find((set) => set.name === name);
  if (found !== undefined) return found;
  const known = classSets.map((set) => set.name).join(', ');
  throw new Failure('CLASSES_UNKNOWN', `Expected classes to be one of ${known}, got '${name}'`);
}

/** In a `labelTable`, marks a value that must not occur in a label image. */
export const unknownLabel = -1;

/** What each of the 256 values of a label image means: a class index, `voidIndex` or `unknownLabel`. */
export function labelTable(set: ClassSet): Int16Array {
  const table = new Int16Array(256).fill(unknownLabel);
  if (set.voidIndex !== null) for (const value of set.voidLabels ?? [set.voidIndex]) table[value] = set.voidIndex;
  for (const index of set.classes.keys()) table[set.labelValues?.[index] ?? index] = index;
  return table;
}
