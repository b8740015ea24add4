import type { LiveFrame } from '../client/live-event.js';
import type { Picture } from './painter.js';

/** Which frames are drawn, and how. */
export interface FrameQueueOptions {
  /** Whether a frame, once it is decoded, is still looked at. */
  readonly isWanted: (frame: LiveFrame) => boolean;
  /** Draws one, in the repaint of the browser. */
  readonly draw: (frame: LiveFrame, picture: Picture) => void;
}

/**
 * Decodes frames and hands the newest to each repaint. A frame is acknowledged once it is drawn, overtaken, not looked at any
 * more or cannot be decoded: the server sends no more than the page can show.
 */
export class FrameQueue {
  readonly #options: FrameQueueOptions;
  #waiting: { readonly frame: LiveFrame; readonly picture: Picture } | undefined;
  /** Frames that came, and the last of them that was drawn or waits to be: pictures are not always decoded in their order. */
  #arrived = 0;
  #latest = 0;

  constructor(options: FrameQueueOptions) {
    this.#options = options;
  }

  /** Takes a frame; never throws. */
  async add(frame: LiveFrame): Promise<void> {
    const { displayWidth, displayHeight, mask } = frame;
    const jpeg = frame.picture ?? frame.source;
    this.#arrived += 1;
    const turn = this.#arrived;
    let source: ImageBitmap | undefined;
    try {
      source = jpeg && (await createImageBitmap(new Blob([jpeg], { type: 'image/jpeg' })));
    } catch {
      // A picture that this browser cannot decode, or has no memory for: the next one may do.
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

  /** Leaves out the frame that waits. */
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
