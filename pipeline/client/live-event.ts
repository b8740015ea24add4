import type { FramePacket } from './frame-packet.js';
import type { Hello, Part, StreamInfo, StreamStats } from './protocol.js';

/** A subscription to one stream. Of two for the same stream the later one counts. */
export interface Want {
  /** The stream's name, or its number. The first stream if absent. */
  readonly stream?: string | number | undefined;
  readonly parts: readonly Part[];
  /** The most frames per second. By default as many as are acknowledged in time. */
  readonly maxFps?: number | undefined;
  /** How many frames may be unacknowledged at a time. @default 2 */
  readonly window?: number | undefined;
}

/** A received frame. Parts that were not requested are undefined. */
export interface LiveFrame {
  readonly type: 'frame';
  /** The stream's name. */
  readonly stream: string;
  readonly epoch: number;
  /** Counts the stream's frames within a `hello.session`. After reconnecting, the newest frame is sent again. */
  readonly seq: number;
  /** When it was decoded, ms since 1970 by the server's clock. */
  readonly capturedAt: number;
  /** Presentation time in the source, µs. */
  readonly ptsUs: number;
  /** Frames of the stream that were not sent to this client since the previous one. */
  readonly skipped: number;
  /** How old the frame was when the server sent it, ms. */
  readonly ageWhenSentMs: number;
  /** Its current age, ms, by the server's clock; undefined until that is known (a round trip). */
  ageMs(): number | undefined;
  readonly stepUs: FramePacket['stepUs'];
  /** The size at which to show the picture. */
  readonly displayWidth: number;
  readonly displayHeight: number;
  /** JPEG of the network's size. */
  readonly source?: Uint8Array<ArrayBuffer>;
  /** JPEG of the source's size, up to 1280 pixels wide. */
  readonly picture?: Uint8Array<ArrayBuffer>;
  /** JPEG. */
  readonly overlay?: Uint8Array<ArrayBuffer>;
  /** Class indices of `hello.classes`; 255 where there is no class (`serve --exclude`). */
  readonly mask?: { readonly width: number; readonly height: number; readonly data: Uint8Array<ArrayBuffer> };
  /** Acknowledges the frame, so that the server sends another. Only needed with `acknowledge: 'manual'`; safe to call twice. */
  acknowledge(): void;
}

/** The state of the connection. After `closed`, the next attempt follows at `retryAt`, unless that is absent. */
export type ConnectionEvent =
  | { readonly type: 'connecting'; readonly attempt: number }
  | { readonly type: 'open' }
  | { readonly type: 'closed'; readonly code: number; readonly reason: string; readonly retryAt?: number };

/** The server's first message, and its clock. */
export interface HelloEvent extends Hello {
  /** The server's time, ms since 1970; undefined until known (a round trip). */
  serverNow(): number | undefined;
}

/** Every event of a connection. */
export type LiveEvent =
  | ConnectionEvent
  | LiveFrame
  | HelloEvent
  | { readonly type: 'streams'; readonly streams: readonly StreamInfo[] }
  | (Omit<StreamStats, 'stream'> & { readonly stream: string });
