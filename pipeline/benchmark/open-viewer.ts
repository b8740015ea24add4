import type { Subscription } from 'rxjs';
import type { PicturePart } from '../../operators/encode-parts.js';
import { connect } from '../client/connect.js';
import type { LiveEvent } from '../client/live-event.js';

/** Where a server under measurement listens, and what its viewers bring. */
export interface ViewedServer {
  readonly url: string;
  readonly token: string;
}

/**
 * Connects a viewer of the first stream.
 *
 * @param until What it has to have had before it is given: the server's greeting, or a frame.
 * @throws `ConnectionRefused` as `connect`.
 */
export function openViewer(
  { url, token }: ViewedServer,
  parts: readonly PicturePart[],
  until: Extract<LiveEvent['type'], 'hello' | 'frame'>,
): Promise<Subscription> {
  return new Promise((resolve, reject) => {
    const viewer = connect(url, { token, want: [{ parts }] }).subscribe({
      next: ({ type }) => {
        if (type === until) setImmediate(() => resolve(viewer));
      },
      error: reject,
    });
  });
}
