import { parentPort } from 'node:worker_threads';
import type { Numbered, WorkerAnswer } from '../model/start-asker.js';
import { encodeJpeg } from './encode-jpeg.js';
import type { YuvPicture } from './frame.js';
import { yuvToRgb } from './yuv.js';

/** A message to the worker: one picture. */
export interface PictureRequest {
  readonly picture: Pick<YuvPicture, 'width' | 'height' | 'colour' | 'data'>;
  readonly maxWidth: number;
  readonly quality: number;
}

/** The worker's answer. */
export interface PictureResponse {
  readonly jpeg: Uint8Array;
}

parentPort!.on('message', async ({ id, picture, maxWidth, quality }: Numbered<PictureRequest>) => {
  const answer = (message: WorkerAnswer<PictureResponse>) => parentPort!.postMessage(message);
  try {
    answer({ id, jpeg: await encodeJpeg(yuvToRgb(picture, maxWidth), quality) });
  } catch (error) {
    answer({ id, error: { message: (error as Error).message } });
  }
});
