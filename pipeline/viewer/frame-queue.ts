import type { LiveFrame } from '../client/live-event.js';
import type { Picture } from './mask-canvas.js';

/** The callbacks of a frame queue. */
export interface FrameQueueOptions {
  /** True if a decoded frame is still wanted. */
  readonly isWanted: (frame: LiveFrame) => boolean;
  /** Draws a frame, in the browser's repaint. */
  readonly draw: (frame: LiveFrame, picture: Picture) => void;
}

/**
 * Decodes frames and passes the newest to each repaint. A frame is acknowledged once it is drawn, superseded, no longer wanted
 * or undecodable, so that the server sends no more than the page can show.
 */
export class FrameQueue {
  readonly #options: FrameQueueOptions;
  #waiting: { readonly frame: LiveFrame; readonly picture: Picture } | undefined;
  /** The number of frames received, and of the last one drawn or waiting, since pictures may be decoded out of order. */
  #arrived = 0;
  #latest = 0;

  constructor(options: FrameQueueOptions) {
    this.#options = options;
  }

  /** Adds a frame; never throws. */
  async add(frame: LiveFrame): Promise<void> {
    const { displayWidth, displayHeight, mask } = frame;
    const jpeg = frame.picture ?? frame.source;
    this.#arrived += 1;
    const turn = this.#arrived;
    let source: ImageBitmap | undefined;
    try {
      source = jpeg && (await createImageBitmap(new Blob([jpeg], { type: 'image/jpeg' })));
    } catch {
      // The browser cannot decode this picture or has no memory for it; the next one may work.
      return frame.acknowledge();
    }
    if (!this.#options.isWanted(frame) || turn < this.#latest) {
      source?.close();
      return frame.acknowledge();
    }
    this.#latest = turn;
    if (this.#waiting) {
      this.#waiting.picture.source?.close();
      this.#waiting.frame.acknowledge();
    } else {
      requestAnimationFrame(() => this.#drawWaiting());
    }
    this.#waiting = { frame, picture: { source, mask, displayWidth, displayHeight } };
  }

  /** Drops the waiting frame. */
  clear(): void {
    this.#waiting?.picture.source?.close();
    this.#waiting?.frame.acknowledge();
    this.#waiting = undefined;
  }

  #drawWaiting(): void {
    if (!this.#waiting) return;
    const { frame, picture } = this.#waiting;
    this.#waiting = undefined;
    this.#options.draw(frame, picture);
    frame.acknowledge();
  }
}
