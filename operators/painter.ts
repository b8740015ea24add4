import { Failure } from '../model/failure.js';
import { type Asker, startAsker } from '../model/start-asker.js';
import type { RenderedLegend } from './legend.js';
import type { OverlayRequest, OverlayResponse } from './overlay-worker.js';
import { type PaintJob, transferable } from './paint-picture.js';

/** A picture that was painted. */
export interface Painted {
  /** The job's own `out` if that is shared memory, else its bytes in another array. */
  readonly out: Uint8Array;
  /** Time in the thread, ms. */
  readonly tookMs: number;
}

/** One step's access to the thread that paints. */
export interface Painter {
  /**
   * Paints a frame. A legend is sent once, with the first frame that has it.
   *
   * @throws `Failure` `OVERLAY_FAILED` if the thread dies.
   */
  paint(job: PaintJob, legend: RenderedLegend | undefined, shares: readonly number[]): Promise<Painted>;
  /** Lets the thread forget the step's legends; nothing can be painted afterwards. */
  close(): void;
}

/** The thread, shared by all steps of the process: it paints over a hundred frames of 1920 x 1080 per second. */
let thread: Asker<OverlayRequest, OverlayResponse> | undefined;
let lastLegend = 0;

/** Gives a step access to the thread that paints, and starts the thread if it does not run. */
export function openPainter(): Painter {
  if (thread === undefined || thread.ended) thread = startThread();
  const own = thread;
  const legends = new Map<RenderedLegend, number>();
  let isClosed = false;
  return {
    async paint(job, legend, shares) {
      if (isClosed) throw new Failure('OVERLAY_FAILED', 'The overlay was closed');
      const isNew = legend !== undefined && !legends.has(legend);
      if (isNew) legends.set(legend, ++lastLegend);
      const request: OverlayRequest = {
        job,
        legendNumber: legend && legends.get(legend),
        legend: isNew ? legend : undefined,
        shares,
      };
      const { out = job.out, tookMs } = await own.ask(request, transferable(job.out));
      return { out, tookMs };
    },
    close() {
      if (isClosed) return;
      isClosed = true;
      own.tell([...legends.values()]);
    },
  };
}

function startThread(): NonNullable<typeof thread> {
  const ended = (reason: string, cause?: unknown) =>
    new Failure('OVERLAY_FAILED', `The overlay thread failed: ${reason}`, { cause });
  return startAsker(new URL('./overlay-worker.js', import.meta.url), {
    ended,
    refused: ({ message }) => ended(message),
  });
}
