import { parentPort } from 'node:worker_threads';
import { type PaintJob, paintPicture } from './paint-picture.js';

/** A message to the worker. */
export interface OverlayRequest {
  readonly id: number;
  readonly job: PaintJob;
}

/** Its answer: the painted planes, and how long that took. */
export interface OverlayResponse {
  readonly id: number;
  readonly data: Uint8Array<ArrayBuffer>;
  readonly tookMs: number;
}

parentPort!.on('message', ({ id, job }: OverlayRequest) => {
  const beganAt = performance.now();
  const data = paintPicture(job);
  const response: OverlayResponse = { id, data, tookMs: performance.now() - beganAt };
  parentPort!.postMessage(response, [data.buffer]);
});
