/** How many pixels of each true class were predicted as each class, summed over any number of pictures. */
export interface Confusion {
  readonly classes: number;
  /** `classes * classes` counts, row-major: rows are the truth, columns the prediction. */
  readonly counts: Float64Array;
  /**
   * Counts one picture. Truth labels of `classes` and above are void and do not count.
   *
   * @throws `RangeError` for masks of different lengths, or a labelled pixel whose prediction is no class, which are errors of
   * the caller.
   */
  add(truth: Uint8Array, prediction: Uint8Array): void;
}

/** The scores of one class in per cent; `NaN` (null in JSON) where they are undefined for the class. */
export interface ClassScores {
  /** The share of the class's pixels that were found; undefined for a class without pixels in the truth. */
  readonly recall: number;
  /** Intersection over union; undefined for a class in neither truth nor prediction. */
  readonly IoU: number;
}

/** The scores of a test set in per cent, with the names of the SegNet paper (section 3.3). */
export interface Scores {
  /** Global accuracy: the share of labelled pixels that are right. `NaN` if nothing is labelled. */
  readonly G: number;
  /** Class average accuracy: mean recall over the classes in the truth. */
  readonly C: number;
  /** Mean intersection over union over the classes in truth or prediction. */
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
 * The scores of a confusion matrix. A mean leaves out classes for which the score is undefined: if the truth has no bicyclists,
 * C is the mean over the other ten classes.
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

/** The mean of the values that are not `NaN`; `NaN` if there are none. */
export function meanOfDefined(values: readonly number[]): number {
  const defined = values.filter((value) => !Number.isNaN(value));
  return defined.reduce((sum, value) => sum + value, 0) / defined.length;
}
