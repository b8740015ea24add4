import { parentPort } from 'node:worker_threads';
import type { Numbered, WorkerAnswer } from '../model/start-asker.js';
import { drawLegend } from './draw-legend.js';
import type { RenderedLegend } from './legend.js';
import { type PaintJob, paintedWidth, paintPicture, transferable } from './paint-picture.js';

/** A message to the worker: one frame. A bare list of numbers tells it to forget the legends of those numbers. */
export interface OverlayRequest {
  readonly job: PaintJob;
  /** Absent if no legend is drawn. */
  readonly legendNumber: number | undefined;
  /** Sent with the first frame that has it, and kept for later ones. */
  readonly legend: RenderedLegend | undefined;
  /** By class index; drawn in the legend. */
  readonly shares: readonly number[];
}

/**
 * The worker's answer: how long it took, and the picture if its memory was transferred. Shared memory is not sent back:
 * its owner has it, and a second view of it could not be recycled.
 */
export interface OverlayResponse {
  readonly out: Uint8Array | undefined;
  readonly tookMs: number;
}

const legends = new Map<number, RenderedLegend>();

parentPort!.on('message', (message: Numbered<OverlayRequest> | readonly number[]) => {
  if ('job' in message) answer(message);
  else for (const number of message) legends.delete(number);
});

function answer({ id, job, legendNumber, legend, shares }: Numbered<OverlayRequest>): void {
  const beganAt = performance.now();
  paintPicture(job);
  if (legendNumber !== undefined) {
    if (legend) legends.set(legendNumber, legend);
    drawLegend(job.out, paintedWidth(job.visualize, job.width), job.height, legends.get(legendNumber)!, shares);
  }
  const transfer = transferable(job.out);
  const out = transfer.length > 0 ? job.out : undefined;
  const response: WorkerAnswer<OverlayResponse> = { id, out, tookMs: performance.now() - beganAt };
  parentPort!.postMessage(response, transfer);
}
