import { createPacer } from '../../operators/limit-rate.js';
import type { Part, PicturePart } from '../client/protocol.js';
import { packShownFrame, type ShownFrame, serverNow } from './shown-frame.js';

/** Why a frame was not sent to a viewer: its window was full, or its `maxFps` was reached. */
export type SkipReason = 'window' | 'rate';

/** A viewer's settings for a stream. */
export interface SubscriptionOptions {
  /**
   * The subscription to the same stream that this one replaces. Its unacknowledged frames and its pace carry over, and frames
   * that it sent are not sent again.
   */
  readonly before?: Subscription | undefined;
  readonly parts: readonly Part[];
  readonly window: number;
  readonly maxFps: number | null;
  /** False while too much is unsent on the connection. */
  readonly hasRoom: () => boolean;
  readonly send: (message: Uint8Array, seq: number) => void;
  readonly onSkip: (reason: SkipReason) => void;
}

/**
 * One viewer's subscription to one stream: at most `window` unacknowledged frames, and one slot for the newest frame that is
 * waiting. A slow viewer thus gets fewer frames, never older ones, and costs the server one frame of memory.
 */
export class Subscription {
  readonly parts: readonly Part[];
  readonly pictureParts: readonly PicturePart[];
  readonly #options: SubscriptionOptions;
  #inFlight: readonly { readonly seq: number; readonly sentAt: number }[] = [];
  #waiting: ShownFrame | undefined;
  /** The last frame sent, with the parts that the viewer has got by this subscription and those that it replaces. */
  #lastSent: (Pick<ShownFrame, 'seq' | 'capturedAt'> & { readonly parts: ReadonlySet<PicturePart> }) | undefined;
  readonly #isDue: (at: number) => boolean;

  constructor(options: SubscriptionOptions) {
    const { before, ...own } = options;
    this.#options = own;
    this.#isDue = options.maxFps === null ? () => true : createPacer(options.maxFps);
    this.parts = options.parts;
    this.pictureParts = options.parts.filter((part) => part !== 'stats');
    if (before) this.#takeOver(before);
  }

  /** Sends the frame now, or once there is room unless a newer one has arrived. */
  offer(frame: ShownFrame): void {
    // The frame was encoded before these parts were requested; the next one will have them.
    if (this.pictureParts.length === 0 || !this.pictureParts.every((part) => frame.parts.has(part))) return;
    const isNew = this.#lastSent === undefined || frame.seq > this.#lastSent.seq;
    // Further parts of the same frame are new and do not have to wait for the pace.
    if (!isNew && this.pictureParts.every((part) => this.#lastSent!.parts.has(part))) return;
    const { onSkip, window } = this.#options;
    if (isNew && !this.#isDue(frame.capturedAt)) {
      onSkip('rate');
      return;
    }
    if (this.#inFlight.length < window) {
      this.#send(frame);
      return;
    }
    if (this.#waiting) onSkip('window');
    this.#waiting = frame;
  }

  /** Acknowledges this frame and all before it; returns false if none of them was unacknowledged. */
  acknowledge(seq: number): boolean {
    const owed = this.#inFlight.length;
    this.#inFlight = this.#inFlight.filter((sent) => sent.seq > seq);
    const wasOwed = this.#inFlight.length < owed;
    const next = this.#waiting;
    if (next && this.#inFlight.length < this.#options.window) {
      this.#waiting = undefined;
      this.#send(next);
    }
    return wasOwed;
  }

  /** The time since the oldest unacknowledged frame was sent, ms; 0 if there is none. */
  get owedMs(): number {
    const oldest = this.#inFlight[0];
    return oldest ? serverNow() - oldest.sentAt : 0;
  }

  #takeOver(before: Subscription): void {
    this.#inFlight = before.#inFlight;
    this.#lastSent = before.#lastSent;
    if (this.#lastSent) this.#isDue(this.#lastSent.capturedAt);
  }

  #send(frame: ShownFrame): void {
    const { hasRoom, onSkip } = this.#options;
    if (!hasRoom()) {
      onSkip('window');
      return;
    }
    const skipped = this.#lastSent ? Math.max(frame.seq - this.#lastSent.seq - 1, 0) : 0;
    const before = this.#lastSent?.seq === frame.seq ? this.#lastSent.parts : [];
    this.#lastSent = {
      seq: frame.seq,
      capturedAt: frame.capturedAt,
      parts: new Set([...before, ...this.pictureParts]),
    };
    this.#inFlight = [...this.#inFlight, { seq: frame.seq, sentAt: serverNow() }];
    this.#options.send(packShownFrame(frame, this.pictureParts, skipped), frame.seq);
  }
}
