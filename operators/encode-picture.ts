import { Failure } from '../model/failure.js';
import { type Asker, startAsker } from '../model/start-asker.js';
import type { PictureRequest, PictureResponse } from './encode-picture-worker.js';
import type { YuvPicture } from './frame.js';

/** Wider pictures are scaled down by a whole number: 1920x1080 becomes 960x540, a quarter of the work. */
const MAX_WIDTH = 1280;

let thread: Asker<PictureRequest, PictureResponse> | undefined;

/**
 * Encodes a whole picture as JPEG, in a thread of its own: converting 1280x720 to RGB would block the event loop for
 * milliseconds.
 *
 * @throws `Failure` `PICTURE_NOT_ENCODED`.
 */
export async function encodePicture(
  { width, height, colour, data }: PictureRequest['picture'] & Partial<YuvPicture>,
  quality: number,
): Promise<Uint8Array> {
  if (thread === undefined || thread.ended) thread = startThread();
  const picture = { width, height, colour, data };
  return (await thread.ask({ picture, maxWidth: MAX_WIDTH, quality })).jpeg;
}

function startThread(): NonNullable<typeof thread> {
  const failure = (message: string, cause?: unknown) => new Failure('PICTURE_NOT_ENCODED', message, { cause });
  return startAsker(new URL('./encode-picture-worker.js', import.meta.url), {
    refused: ({ message }) => failure(`A picture could not be encoded as JPEG: ${message}`),
    ended: (reason, cause) => failure(`The thread that encodes pictures failed: ${reason}`, cause),
  });
}
