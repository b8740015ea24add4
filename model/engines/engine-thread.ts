import { parentPort, workerData } from 'node:worker_threads';
import type { Masks, SegmentRequest } from './batch.js';
import { endComputing, type OfEngine } from './computing.js';
import type { Failed } from './worker-queue.js';

/** The side of an engine's thread in the exchange that `startEngine` begins. */
export interface EngineThread<Began, Data> {
  /** What the engine was started with. */
  readonly data: Data;
  /** Sends the first message: whether and how the engine started. */
  begin(began: Began): void;
  /**
   * Answers requests from now on, one by one and in order.
   *
   * @param reasonOf Makes one line of an error.
   */
  answer(segment: SegmentPixels, reasonOf: (error: unknown) => string): void;
}

/** Segments a request; the masks are as consecutive as its pictures. */
export type SegmentPixels = (request: SegmentRequest) => Promise<Uint8Array<ArrayBuffer>>;

/** Called by the module of an engine's thread, before anything else. */
export function engineThread<Began, Data extends object>(): EngineThread<Began, Data> {
  const { computing, ...data } = workerData as OfEngine<Data>;
  const send = (message: Began | Masks | Failed, transfer: ArrayBuffer[] = []): void => {
    endComputing(computing);
    parentPort!.postMessage(message, transfer);
  };
  return {
    data: data as Data,
    begin: (began) => send(began),
    answer(segment, reasonOf) {
      let last = Promise.resolve();
      parentPort!.on('message', (request: SegmentRequest) => {
        const { pixels } = request;
        last = last
          .then(() => segment(request))
          .then((masks) => send({ type: 'masks', masks, pixels }, [masks.buffer, pixels.buffer]))
          .catch((error) => send({ type: 'failed', reason: reasonOf(error) }));
      });
    },
  };
}

/**
 * Segments a request in runs of at most `most` pictures, which bounds the memory for their maps.
 *
 * @param run Segments `count` consecutive pictures. The masks are copied before the next run.
 */
export async function segmentInRuns(
  { count, width, height, pixels }: SegmentRequest,
  most: number,
  run: (pixels: Uint8Array<ArrayBuffer>, count: number, keep: (masks: ArrayLike<number>) => void) => Promise<void>,
): Promise<Uint8Array<ArrayBuffer>> {
  const size = width * height;
  const masks = new Uint8Array(count * size);
  for (let first = 0; first < count; first += most) {
    const last = Math.min(first + most, count);
    const part = pixels.subarray(first * size * 3, last * size * 3);
    await run(part, last - first, (found) => masks.set(found, first * size));
  }
  return masks;
}
