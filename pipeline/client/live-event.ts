import type { FramePacket } from './frame-packet.js';
import type { Hello, Part, StreamInfo, StreamStats } from './protocol.js';

/** A wish for one stream; of two for the same stream the later holds. */
export interface Want {
  /** The stream's name, or its number. The first stream if absent. */
  readonly stream?: string | number | undefined;
  readonly parts: readonly Part[];
  /** At most so many frames a second. If not provided, as many as are acknowledged in time. */
  readonly maxFps?: number | undefined;
  /** How many frames may be unacknowledged at a time. @default 2 */
  readonly window?: number | undefined;
}

/** A frame as it came. Parts that were not asked for are undefined. */
export interface LiveFrame {
  readonly type: 'frame';
  /** The stream's name. */
  readonly stream: string;
  readonly epoch: number;
  /** Counts the stream's frames within a `hello.session`. Who connects again gets the newest once more. */
  readonly seq: number;
  /** When the decoder had it, ms since 1970 by the server's clock. */
  readonly capturedAt: number;
  /** Presentation time in the source, µs. */
  readonly ptsUs: number;
  /** Frames of the stream not sent to this client since the one before. */
  readonly skipped: number;
  /** How old the frame was when the server sent it, ms. */
  readonly ageWhenSentMs: number;
  /** How old it is now, ms, the server's clock taken into account; undefined until that is known (a round trip). */
  ageMs(): number | undefined;
  readonly stepUs: FramePacket['stepUs'];
  /** The size at which to show it. */
  readonly displayWidth: number;
  readonly displayHeight: number;
  /** JPEG, as the network sees it. */
  readonly source?: Uint8Array<ArrayBuffer>;
  /** JPEG, as the source has it, up to 1280 pixels wide. */
  readonly picture?: Uint8Array<ArrayBuffer>;
  /** JPEG. */
  readonly overlay?: Uint8Array<ArrayBuffer>;
  /** Class indices of `hello.classes`. */
  readonly mask?: { readonly width: number; readonly height: number; readonly data: Uint8Array<ArrayBuffer> };
  /** Says that the frame is done with, so that the server sends another. Only with `acknowledge: 'manual'`; safe to call twice. */
  acknowledge(): void;
}

/** How the connection is: after `closed` another attempt follows at `retryAt`, unless that is absent. */
export type ConnectionEvent =
  | { readonly type: 'connecting'; readonly attempt: number }
  | { readonly type: 'open' }
  | { readonly type: 'closed'; readonly code: number; readonly reason: string; readonly retryAt?: number };

/** The server's first message, and its clock. */
export interface HelloEvent extends Hello {
  /** What time it is there, ms since 1970; undefined until that is known (a round trip). */
  serverNow(): number | undefined;
}

/** Everything that a connection tells. */
export type LiveEvent =
  | ConnectionEvent
  | LiveFrame
  | HelloEvent
  | { readonly type: 'streams'; readonly streams: readonly StreamInfo[] }
  | (Omit<StreamStats, 'stream'> & { readonly stream: string });
