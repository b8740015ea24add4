import { parentPort } from 'node:worker_threads';
import { drawLegend } from './draw-legend.js';
import type { Legend } from './legend.js';
import { type PaintJob, paintedWidth, paintPicture } from './paint-picture.js';

/** A message to the worker: one frame. */
export interface OverlayRequest {
  readonly id: number;
  readonly job: PaintJob;
  /** What the frame shares its legend by with others. */
  readonly style: number;
  /** Given with the first frame of a style, and kept for the others. */
  readonly legend: Legend | undefined;
  /** By class index; drawn where there is a legend. */
  readonly shares: readonly number[];
}

/** Its answer: the painted planes, and how long that took. */
export interface OverlayResponse {
  readonly id: number;
  readonly data: Uint8Array<ArrayBuffer>;
  readonly tookMs: number;
}

const legends = new Map<number, Legend>();

parentPort!.on('message', (request: OverlayRequest) => {
  const beganAt = performance.now();
  const { id, job, shares } = request;
  const data = paintPicture(job);
  if (request.legend) legends.set(request.style, request.legend);
  const legend = legends.get(request.style);
  if (legend) drawLegend(data, paintedWidth(job.visualize, job.width), job.height, legend, shares);
  const response: OverlayResponse = { id, data, tookMs: performance.now() - beganAt };
  parentPort!.postMessage(response, [data.buffer]);
});
