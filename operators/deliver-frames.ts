import { availableParallelism } from 'node:os';
import type { DecodeOptions } from './decode.js';
import { type Frame, frameNow, pictureBytes } from './frame.js';
import { createGate, type Gate } from './gate.js';
import { givePictures } from './picture-memory.js';

/** Passes frames to their subscriber under one of the policies of `decode`. */
export interface FrameDelivery {
  /** Makes the gate that all frames carry, once the size of their pictures is known. */
  openGate(width: number, height: number): Gate;
  deliver(frame: Frame): void;
  /** Calls back, once, as soon as more is to be read from ffmpeg: at once or later; never after `abandon`. */
  whenWanted(more: () => void): void;
  /** When the next frame was asked for: {@link frameNow}, ms. */
  readonly demandedAt: number;
  /** Resolves when no frame waits to be delivered. */
  delivered(): Promise<void>;
  /** Drops the frame that waits, and delivers nothing more. */
  abandon(): void;
}

/** Bytes that may be under way by default, pictures and their overlays together: more cores keep more of them busy. */
const defaultBytesUnderWay = 10 * 2 ** 20 * Math.min(Math.max(availableParallelism(), 2), 4);

/** Starts to deliver frames to `onFrame` under the policy asked for. */
export function deliverFrames(
  { policy, gateLimit, onDrop }: Pick<DecodeOptions, 'policy' | 'gateLimit' | 'onDrop'>,
  onFrame: (frame: Frame) => void,
): FrameDelivery {
  return policy === 'latest' ? deliverLatest(gateLimit, onFrame, onDrop) : deliverEvery(gateLimit, onFrame);
}

/** Delivers each frame at once, and asks for more only while the gate is open. */
function deliverEvery(gateLimit: number | undefined, onFrame: (frame: Frame) => void): FrameDelivery {
  let gate: Gate | undefined;
  let demandedAt = frameNow();
  let isAbandoned = false;
  return {
    openGate(width, height) {
      const room = Math.floor(defaultBytesUnderWay / (2 * pictureBytes('yuv420p', width, height)));
      gate = createGate(gateLimit ?? Math.min(16, Math.max(4, room)));
      return gate;
    },
    deliver(frame) {
      if (isAbandoned) return;
      onFrame(frame);
      demandedAt = frameNow();
    },
    whenWanted(more) {
      if (isAbandoned) return;
      if (gate === undefined || gate.open) {
        more();
        return;
      }
      gate.whenOpen(() => {
        if (isAbandoned) return;
        demandedAt = frameNow();
        more();
      });
    },
    get demandedAt() {
      return demandedAt;
    },
    delivered: () => Promise.resolve(),
    abandon() {
      isAbandoned = true;
    },
  };
}

/** Always asks for more, and keeps the newest frame in one slot while the gate is shut. */
function deliverLatest(
  gateLimit: number | undefined,
  onFrame: (frame: Frame) => void,
  onDrop: DecodeOptions['onDrop'],
): FrameDelivery {
  let newest: Frame | undefined;
  let demandedAt = frameNow();
  let isAbandoned = false;
  return {
    openGate: () => createGate(gateLimit ?? 2),
    deliver(frame) {
      demandedAt = frame.arrivedAt;
      const replaced = newest;
      newest = frame;
      if (replaced) {
        onDrop?.('busy');
        // No step has seen it.
        givePictures(replaced);
        return;
      }
      frame.gate.whenOpen(() => {
        const taken = newest;
        newest = undefined;
        if (taken) onFrame(taken);
      });
    },
    whenWanted(more) {
      if (!isAbandoned) more();
    },
    get demandedAt() {
      return demandedAt;
    },
    delivered: () => new Promise((resolve) => (newest ? newest.gate.whenOpen(resolve) : resolve())),
    abandon() {
      isAbandoned = true;
      newest = undefined;
    },
  };
}
