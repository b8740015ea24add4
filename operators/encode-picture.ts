import type { Worker } from 'node:worker_threads';
import { Failure } from '../model/failure.js';
import { startWorker } from '../model/start-worker.js';
import type { PictureRequest, PictureResponse } from './encode-picture-worker.js';
import type { YuvPicture } from './frame.js';

/** Wider pictures are made smaller by a whole number: 1920x1080 goes out as 960x540, which is a quarter of the work. */
const MAX_WIDTH = 1280;

type Waiting = Map<number, { resolve: (jpeg: Uint8Array) => void; reject: (error: Failure) => void }>;

let thread: { readonly worker: Worker; readonly waiting: Waiting } | undefined;
let lastRequest = 0;

/**
 * Encodes a whole picture as JPEG, in a thread of its own: making RGB of 1280x720 would keep the event loop for milliseconds.
 *
 * @throws `Failure` `PICTURE_NOT_ENCODED`.
 */
export function encodePicture(
  { width, height, colour, data }: PictureRequest['picture'] & Partial<YuvPicture>,
  quality: number,
): Promise<Uint8Array> {
  thread ??= startThread();
  const { worker, waiting } = thread;
  const id = ++lastRequest;
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject });
    worker.ref();
    const picture = { width, height, colour, data };
    worker.postMessage({ id, picture, maxWidth: MAX_WIDTH, quality } satisfies PictureRequest);
  });
}

function startThread(): NonNullable<typeof thread> {
  const worker = startWorker(new URL('./encode-picture-worker.js', import.meta.url));
  const waiting: Waiting = new Map();
  worker.on('message', ({ id, jpeg, error }: PictureResponse) => {
    const request = waiting.get(id);
    waiting.delete(id);
    if (jpeg) request?.resolve(jpeg);
    else request?.reject(new Failure('PICTURE_NOT_ENCODED', `A picture could not be encoded as JPEG: ${error}.`));
    // An idle thread keeps no process alive.
    if (waiting.size === 0) worker.unref();
  });
  const end = (reason: string): void => {
    if (thread?.worker === worker) thread = undefined;
    const failure = new Failure('PICTURE_NOT_ENCODED', `The thread that encodes pictures failed: ${reason}.`);
    for (const { reject } of waiting.values()) reject(failure);
    waiting.clear();
  };
  worker.on('error', (error) => end(error.message));
  worker.on('exit', (code) => end(`it exited with code ${code}`));
  return { worker, waiting };
}
