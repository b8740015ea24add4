/** How many pixels of each true class were given each class: the sum over any number of pictures. */
export interface Confusion {
  readonly classes: number;
  /** `classes * classes` counts, row-major: row is the truth, column the prediction. */
  readonly counts: Float64Array;
  /**
   * Counts one picture. Truth labels of `classes` and above are void and left out.
   *
   * @throws `RangeError` for masks of different lengths, or a labelled pixel that was given no class: a caller's mistake.
   */
  add(truth: Uint8Array, prediction: Uint8Array): void;
}

/** The scores of one class in per cent; `NaN` (null in JSON) where the class leaves them undefined. */
export interface ClassScores {
  /** Pixels of the class that were found; undefined for a class without a pixel in the truth. */
  readonly recall: number;
  /** Intersection over union; undefined for a class in neither truth nor prediction. */
  readonly IoU: number;
}

/** The scores of a test set in per cent, by the names of the SegNet paper (section 3.3). */
export interface Scores {
  /** Global accuracy: labelled pixels that are right. `NaN` if nothing is labelled. */
  readonly G: number;
  /** Class average accuracy: mean recall of the classes that the truth has. */
  readonly C: number;
  /** Mean intersection over union of the classes that truth or prediction have. */
  readonly mIoU: number;
  /** By class index. */
  readonly perClass: readonly ClassScores[];
}

/** Begins an empty confusion matrix over `classes` classes. */
export function createConfusion(classes: number): Confusion {
  const counts = new Float64Array(classes * classes);
  return {
    classes,
    counts,
    add(truth, prediction) {
      if (truth.length !== prediction.length) {
        throw new RangeError(`Expected masks of one length, got ${truth.length} and ${prediction.length} pixels`);
      }
      for (let i = 0; i < truth.length; i += 1) {
        const row = truth[i]!;
        if (row >= classes) continue;
        const column = prediction[i]!;
        if (column >= classes) throw new RangeError(`Expected classes below ${classes} in a prediction, got ${column}`);
        counts[row * classes + column]! += 1;
      }
    },
  };
}

/**
 * The scores of a confusion matrix. Classes that leave a score undefined are left out of its mean: a truth without
 * bicyclists makes C a mean over the other ten classes.
 */
export function scoresOf({ classes, counts }: Confusion): Scores {
  const truth = new Float64Array(classes);
  const predicted = new Float64Array(classes);
  let right = 0;
  for (let row = 0; row < classes; row += 1) {
    for (let column = 0; column < classes; column += 1) {
      const count = counts[row * classes + column]!;
      truth[row]! += count;
      predicted[column]! += count;
      if (row === column) right += count;
    }
  }
  const perClass = Array.from({ length: classes }, (_, index) => {
    const hits = counts[index * classes + index]!;
    return {
      recall: (100 * hits) / truth[index]!,
      IoU: (100 * hits) / (truth[index]! + predicted[index]! - hits),
    };
  });
  return {
    G: (100 * right) / truth.reduce((sum, count) => sum + count, 0),
    C: meanOfDefined(perClass.map(({ recall }) => recall)),
    mIoU: meanOfDefined(perClass.map(({ IoU }) => IoU)),
    perClass,
  };
}

/** The mean of those values that are not `NaN`; `NaN` if none is. */
export function meanOfDefined(values: readonly number[]): number {
  const defined = values.filter((value) => !Number.isNaN(value));
  return defined.reduce((sum, value) => sum + value, 0) / defined.length;
}
