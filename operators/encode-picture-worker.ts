import { parentPort } from 'node:worker_threads';
import { encodeJpeg } from './encode-jpeg.js';
import type { YuvPicture } from './frame.js';
import { yuvToRgb } from './yuv.js';

/** A message to the worker: one picture. */
export interface PictureRequest {
  readonly id: number;
  readonly picture: Pick<YuvPicture, 'width' | 'height' | 'colour' | 'data'>;
  readonly maxWidth: number;
  readonly quality: number;
}

/** Its answer. */
export interface PictureResponse {
  readonly id: number;
  readonly jpeg?: Uint8Array;
  /** Why there is none. */
  readonly error?: string;
}

parentPort!.on('message', async ({ id, picture, maxWidth, quality }: PictureRequest) => {
  try {
    const jpeg = await encodeJpeg(yuvToRgb(picture, maxWidth), quality);
    parentPort!.postMessage({ id, jpeg } satisfies PictureResponse);
  } catch (error) {
    parentPort!.postMessage({ id, error: (error as Error).message } satisfies PictureResponse);
  }
});
