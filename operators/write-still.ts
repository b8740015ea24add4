import type { OperatorFunction } from 'rxjs';
import { endAbandoned } from './abandoned.js';
import type { SegmentedFrame } from './frame.js';
import { inOrder } from './in-order.js';
import { checkOutput } from './output-failure.js';
import { writeByPart } from './write-by-part.js';

/**
 * Writes one file of the one frame that a still picture gives, under its name only when it is whole, and gives the frame on with the
 * time it took as the step `step`. Abandoned, it leaves nothing.
 *
 * Errors: those of `encode`; `Failure` with `OUTPUT_UNWRITABLE`, `OUTPUT_DISK_FULL`, `OUTPUT_IS_INPUT` for the picture itself.
 */
export function writeStill<T extends SegmentedFrame>(
  output: string,
  step: string,
  encode: (frame: T) => Promise<Uint8Array>,
): OperatorFunction<T, T> {
  return inOrder(() => {
    let isAbandoned = false;
    let written: Promise<void> = Promise.resolve();
    const write = async (frame: T): Promise<void> => {
      await checkOutput(output, frame.file);
      const content = await encode(frame);
      if (!isAbandoned) await writeByPart(output, content, () => isAbandoned);
    };
    return {
      async take(frame) {
        const takenAt = performance.now();
        written = write(frame);
        await written;
        return { ...frame, stepTimes: { ...frame.stepTimes, [step]: performance.now() - takenAt } };
      },
      dispose() {
        isAbandoned = true;
        endAbandoned(written);
      },
    };
  });
}
