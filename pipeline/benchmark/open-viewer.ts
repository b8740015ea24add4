import type { Subscription } from 'rxjs';
import type { PicturePart } from '../../operators/encode-parts.js';
import { connect } from '../client/connect.js';
import type { LiveEvent } from '../client/live-event.js';

/** The URL of a measured server, and the token of its viewers. */
export interface ViewedServer {
  readonly url: string;
  readonly token: string;
}

/**
 * Connects a viewer of the first stream.
 *
 * @param until What the viewer must have received before this resolves: the server's `hello`, or a frame.
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
