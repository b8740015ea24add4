import type { ClassSet } from '../classes.js';
import type { ClassMask, RgbPicture } from '../engine.js';
import { readLabels } from './labels.js';
import type { DatasetItem } from './pairs.js';
import { readPicture } from './picture.js';

/** A picture and its labels, as class indices. */
export interface LabelledPicture {
  readonly picture: RgbPicture;
  readonly labels: ClassMask;
}

/** Reads a picture and its labels, whose sizes are not compared. @throws `Failure` as `readPicture` and `readLabels`. */
export async function readPair({ imagePath, labelPath }: DatasetItem, classSet: ClassSet): Promise<LabelledPicture> {
  const [picture, labels] = await Promise.all([readPicture(imagePath), readLabels(labelPath, classSet)]);
  return { picture, labels };
}
