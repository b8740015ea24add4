import { rename, rm } from 'node:fs/promises';
import type { OperatorFunction } from 'rxjs';
import { outputFailure } from '../model/failure.js';
import { endedWell, startFfmpeg } from './ffmpeg.js';
import { findFfmpeg } from './find-ffmpeg.js';
import type { OverlaidFrame, YuvPicture } from './frame.js';
import { inOrder } from './in-order.js';
import { checkOutput, explainEnd } from './output-failure.js';
import { partOf } from './part-files.js';
import { matrixOf } from './yuv.js';

/**
 * Writes the overlay of the one frame that a still picture gives to a file (.png, .jpg, .webp), under its name only
 * when it is whole, and gives the frame on with the step time `encode`.
 *
 * Errors: `Failure` with `OUTPUT_UNWRITABLE`, `OUTPUT_DISK_FULL`, `FFMPEG_DIED`.
 */
export function writePicture(output: string): OperatorFunction<OverlaidFrame, OverlaidFrame> {
  return inOrder(() => {
    const abandoned = new AbortController();
    return {
      async take(frame) {
        const takenAt = performance.now();
        await write(frame.overlay, output, abandoned.signal);
        return { ...frame, stepTimes: { ...frame.stepTimes, encode: performance.now() - takenAt } };
      },
      dispose: () => abandoned.abort(),
    };
  });
}

async function write(picture: YuvPicture, output: string, abandoned: AbortSignal): Promise<void> {
  await checkOutput(output);
  const part = partOf(output);
  const { width, height, colour, data } = picture;
  const range = colour.range === 'pc' ? 'pc' : 'tv';
  const ffmpeg = await startFfmpeg(await findFfmpeg(), {
    inputs: [{ source: 'pipe:0', options: ['-f', 'rawvideo', '-pix_fmt', 'yuv420p', '-s', `${width}x${height}`] }],
    outputs: [
      {
        target: part,
        options: [
          ...[
            '-vf',
            `scale=in_color_matrix=${scaleMatrix(picture)}:in_range=${range}:out_range=pc,format=${format(output)}`,
          ],
          // Two is the best quality that JPEG encoders of ffmpeg have; the others have no use for the option.
          ...['-frames:v', '1', '-q:v', '2', '-f', 'image2', '-update', '1', '-y'],
        ],
      },
    ],
  });
  const abandon = () => ffmpeg.abandon();
  if (abandoned.aborted) abandon();
  abandoned.addEventListener('abort', abandon, { once: true });
  // What goes wrong with it is told by how the process ends.
  ffmpeg.stdin.on('error', () => {});
  ffmpeg.stdin.end(data);
  const end = await ffmpeg.ended;
  if (endedWell(end) && !abandoned.aborted) {
    await rename(part, output).catch(async (error: unknown) => {
      await rm(part, { force: true });
      throw outputFailure('the output', output, error);
    });
    return;
  }
  await rm(part, { force: true });
  throw explainEnd(output, end, 0);
}

/** Pictures hold full colour; JPEG by its own 4:4:4. */
function format(output: string): string {
  return /\.jpe?g$/i.test(output) ? 'yuvj444p' : 'rgb24';
}

/** A matrix by the name under which ffmpeg's scaler knows it. */
function scaleMatrix(picture: YuvPicture): string {
  const matrix = matrixOf(picture);
  return { bt470bg: 'bt470', bt2020nc: 'bt2020', bt2020c: 'bt2020' }[matrix] ?? matrix;
}
