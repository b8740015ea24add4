import { filter, lastValueFrom, take, toArray } from 'rxjs';
import type { RgbPicture } from '../../model/engine.js';
import type { Size } from '../../model/size.js';
import { decode } from '../../operators/decode.js';

/** The distance between frames, since neighbours are nearly identical. */
const STEP = 12;

/**
 * Takes frames from a clip, stretched to a size by ffmpeg. They are the same in every call. A short clip gives fewer than
 * `count`.
 *
 * @throws `Failure` as `decode`.
 */
export async function sampleFrames(clip: string, size: Size, count: number): Promise<readonly RgbPicture[]> {
  const frames = await lastValueFrom(
    decode(clip, { fit: size, fitMode: 'stretch' }).pipe(
      filter(({ index }) => index % STEP === 0),
      take(count),
      toArray(),
    ),
  );
  return frames.map(({ input }) => input);
}
