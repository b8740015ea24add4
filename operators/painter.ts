import { Failure } from '../model/failure.js';
import { startWorker } from '../model/start-worker.js';
import type { Legend } from './legend.js';
import type { OverlayRequest, OverlayResponse } from './overlay-worker.js';
import { type PaintJob, transferable } from './paint-picture.js';

/** A picture that was painted. */
export interface Painted {
  /** The job's own `out` where that is shared memory, else its bytes in another array. */
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
  paint(job: PaintJob, legend: Legend | undefined, shares: readonly number[]): Promise<Painted>;
  /** Forgets what was sent; results that are still to come are dropped. */
  close(): void;
}

/** The thread, shared by all steps of the process: at 1920 x 1080 it does over a hundred frames a second. */
interface Thread {
  post(request: OverlayRequest): Promise<OverlayResponse>;
  forget(legends: readonly number[]): void;
  /** Keeps the process alive while someone uses it. */
  use(change: 1 | -1): void;
}

let thread: Thread | undefined;
let lastLegend = 0;
let lastRequest = 0;

/** Opens the thread that paints, and starts it if it does not run. */
export function openPainter(): Painter {
  thread ??= startThread();
  const own = thread;
  const legends = new Map<Legend, number>();
  let isClosed = false;
  own.use(1);
  return {
    async paint(job, legend, shares) {
      if (isClosed) throw new Failure('OVERLAY_FAILED', 'The overlay was closed.');
      const isNew = legend !== undefined && !legends.has(legend);
      if (isNew) legends.set(legend, ++lastLegend);
      const { out = job.out, tookMs } = await own.post({
        id: ++lastRequest,
        job,
        legendNumber: legend && legends.get(legend),
        legend: isNew ? legend : undefined,
        shares,
      });
      return { out, tookMs };
    },
    close() {
      if (isClosed) return;
      isClosed = true;
      own.forget([...legends.values()]);
      own.use(-1);
    },
  };
}

function startThread(): Thread {
  const worker = startWorker(new URL('./overlay-worker.js', import.meta.url));
  const waiting = new Map<number, { resolve: (response: OverlayResponse) => void; reject: (error: unknown) => void }>();
  let users = 0;
  let broken: Failure | undefined;
  worker.on('message', (response: OverlayResponse) => {
    waiting.get(response.id)?.resolve(response);
    waiting.delete(response.id);
  });
  const end = (message: string, cause?: unknown) => {
    broken ??= new Failure('OVERLAY_FAILED', `The overlay thread failed: ${message}.`, { cause });
    // The next step to open it gets a new one.
    if (thread === own) thread = undefined;
    for (const { reject } of waiting.values()) reject(broken);
    waiting.clear();
  };
  worker.on('error', (error) => end(error.message, error));
  worker.on('exit', (code) => end(`it exited with code ${code}`));
  worker.unref();
  const own: Thread = {
    post(request) {
      if (broken) return Promise.reject(broken);
      return new Promise((resolve, reject) => {
        waiting.set(request.id, { resolve, reject });
        worker.postMessage(request, transferable(request.job.out));
      });
    },
    forget: (legends) => worker.postMessage(legends),
    use(change) {
      users += change;
      if (users > 0) worker.ref();
      else worker.unref();
    },
  };
  return own;
}
