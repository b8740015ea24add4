import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { MonoTypeOperatorFunction } from 'rxjs';
import { checkChoice } from '../model/check-option.js';
import { outputFailure } from '../model/failure.js';
import { scaleMask } from '../model/scale-mask.js';
import { endAbandoned } from './abandoned.js';
import type { SegmentedFrame } from './frame.js';
import { inOrder } from './in-order.js';
import { encodeIndexedPng } from './indexed-png.js';
import { makeFolder } from './make-folder.js';
import { writeByPart } from './write-by-part.js';

/** Options of {@link writeMasks}. */
export interface WriteMasksOptions {
  /**
   * `source`: the picture's size, each pixel with the class of its nearest mask pixel; `network`: the mask's own.
   *
   * @default 'source'
   */
  readonly size?: 'source' | 'network' | undefined;
  /**
   * When the first frame arrives, removes the masks of an earlier run: with fewer frames or other times, some would
   * stay among the new ones.
   */
  readonly replace?: boolean | undefined;
}

/**
 * Writes each mask to a folder, which is made if it is missing, as a PNG whose pixel values are class indices and whose
 * palette has the classes' colours: `000012-0.480000.png` is frame 12, shown at 0.48 s (and `e1-000012-...` in epoch
 * 1). Passes frames on once they are written, and adds the step time `masks`.
 *
 * Errors: `Failure` with `OUTPUT_UNWRITABLE`, `OUTPUT_DISK_FULL`. @throws `Failure` `OPTION_INVALID` for another size.
 */
export function writeMasks<T extends SegmentedFrame>(
  folder: string,
  { size = 'source', replace = false }: WriteMasksOptions = {},
): MonoTypeOperatorFunction<T> {
  checkChoice('size', size, ['source', 'network']);
  return inOrder(() => {
    const made = makeFolder(folder).catch((error: unknown) => {
      throw outputFailure('the output', folder, error);
    });
    // An error is reported with the first frame.
    made.catch(() => {});
    let isEmptied: Promise<void> | undefined;
    let isAbandoned = false;
    const pending = new Set<Promise<void>>();

    async function write(frame: T): Promise<void> {
      await made;
      if (replace && !isAbandoned) {
        isEmptied ??= removeMasks(folder);
        await isEmptied;
      }
      if (isAbandoned) return;
      const { width, height } = frame.picture;
      const mask = size === 'source' ? scaleMask(frame.mask, width, height) : frame.mask;
      const content = await encodeIndexedPng(mask, frame.classes);
      if (!isAbandoned) await writeByPart(join(folder, nameOf(frame)), content, () => isAbandoned);
    }

    return {
      async take(frame) {
        const beganAt = performance.now();
        const writing = write(frame);
        pending.add(writing);
        await writing.finally(() => pending.delete(writing));
        return { ...frame, stepTimes: { ...frame.stepTimes, masks: performance.now() - beganAt } };
      },
      dispose() {
        isAbandoned = true;
        endAbandoned(Promise.allSettled([made, ...pending]));
      },
    };
  });
}

/** The names that {@link nameOf} gives, and those of their parts. */
const MASK_NAME = /^(e\d+-)?\d{6,}--?\d+\.\d{6}(\.part)?\.png$/;

/** True for the name of a mask, or of its part. */
export function isMaskName(name: string): boolean {
  return MASK_NAME.test(name);
}

/** Removes the masks that are in a folder, and nothing else. @throws `Failure` `OUTPUT_UNWRITABLE`. */
async function removeMasks(folder: string): Promise<void> {
  try {
    for (const name of (await readdir(folder)).filter(isMaskName)) await rm(join(folder, name), { force: true });
  } catch (error) {
    throw outputFailure('the output', folder, error);
  }
}

function nameOf({ epoch, index, ptsUs }: SegmentedFrame): string {
  const number = String(index).padStart(6, '0');
  return `${epoch > 0 ? `e${epoch}-` : ''}${number}-${(ptsUs / 1e6).toFixed(6)}.png`;
}
