/**
 * The messages of `PROTOCOL.md`, version 1, as types; shared by the server, the client and the page.
 *
 * Text messages are JSON with a `type`; frames are binary (`frame-packet.ts`). Both sides ignore unknown fields; only clients
 * ignore unknown message types.
 */

import type { PicturePart } from '../../operators/encode-parts.js';
import type { SourceState } from '../../operators/supervise.js';
import type { Percentiles } from './percentiles.js';

export type { Percentiles, PicturePart, SourceState };

/** The form of tokens: ASCII, as in HTTP headers, without spaces at the ends. */
export const TOKEN_FORM = /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/;

/** The WebSocket subprotocol that names this version; the server speaks no other. */
export const SUBPROTOCOL = 'segnet-stream.v1';

/** Prefix of the subprotocol by which a page can send a token (base64url, no padding), as it cannot set headers. */
export const BEARER_SUBPROTOCOL_PREFIX = 'base64url.bearer.authorization.segnet-stream.';

/** The path of the WebSocket. */
export const SOCKET_PATH = '/ws';

/** Why a connection was closed, in the range that RFC 6455 leaves to applications and above it. */
export const CloseCode = {
  /** The server is shutting down; reconnect later. */
  shutdown: 1001,
  /** A message was larger than `limits.messageBytes`. */
  tooBig: 1009,
  internal: 1011,
  /** Not JSON, not an object, an unknown type, or a field that is missing or out of range. */
  badMessage: 4400,
  /** No token, or a wrong one. */
  unauthorised: 4401,
  /** The page's origin is not allowed, or a program without an origin came without a token. */
  forbidden: 4403,
  /** `subscribe` named a stream that `hello` does not list. */
  noSuchStream: 4404,
  /** A frame stayed unacknowledged for `limits.ackTimeoutMs`, or no message followed `hello`. */
  tooSlow: 4408,
  /** Too many clients, connections, messages, or wrong or missing tokens. */
  limit: 4429,
} as const;

/** What a client may subscribe to; `stats` are text messages, the others parts of binary frames. */
export const PARTS: readonly Part[] = ['source', 'mask', 'overlay', 'picture', 'stats'];
/** A part of a frame, or the statistics of its stream. */
export type Part = PicturePart | 'stats';

/** The current state of a stream. */
export interface StreamInfo {
  /** The number in `subscribe`, `ack` and binary frames. */
  readonly id: number;
  readonly name: string;
  readonly state: SourceState;
  /** When it entered that state, ms since 1970 by the server's clock. */
  readonly since: number;
  /** Number of attempts to open the source again, successful or not. */
  readonly epoch: number;
  /** Why it is not live, in one sentence without secrets; while `connecting`, why the previous attempt ended. */
  readonly error?: string;
  /** When the next attempt is due, ms since 1970 by the server's clock. */
  readonly retryAt?: number;
  /** For a stream that shows files one after another (`run --broadcast`), the name of the current file, which `epoch` counts. */
  readonly file?: string;
}

/** A class and the colour in which the server draws it. */
export interface ClassInfo {
  readonly name: string;
  readonly colour: readonly [number, number, number];
}

/** The first message of a connection, from the server. */
export interface Hello {
  readonly type: 'hello';
  readonly version: 1;
  /** `segnet-stream/0.1.0` */
  readonly server: string;
  /** Random; a restarted server has another one. */
  readonly session: string;
  readonly model: {
    readonly network: string;
    readonly engine: string;
    readonly provider: string;
    readonly precision: string;
    readonly width: number;
    readonly height: number;
  };
  /** By class index, as in masks. */
  readonly classes: readonly ClassInfo[];
  readonly streams: readonly StreamInfo[];
  readonly limits: Limits;
}

/** The server's limits for clients. */
export interface Limits {
  /** Largest text message that the server accepts. */
  readonly messageBytes: number;
  readonly messagesPerSecond: number;
  /** Longest time from a frame to its acknowledgement. */
  readonly ackTimeoutMs: number;
  /** Largest `window` of a subscription. */
  readonly window: number;
  readonly subscriptions: number;
}

/** From the server whenever a stream's state changes: all streams, as in `hello`. */
export interface Streams {
  readonly type: 'streams';
  readonly streams: readonly StreamInfo[];
}

/** From the server in answer to `subscribe`: what it will send. */
export interface Subscribed {
  readonly type: 'subscribed';
  readonly stream: number;
  readonly parts: readonly Part[];
  readonly maxFps: number | null;
  readonly window: number;
}

/**
 * From the server once a second to subscribers of `stats`, about the last ten seconds or so of one stream. If it showed no frame in
 * them, `ageMs` is null, and `stepMs` and `shares` are empty.
 */
export interface StreamStats {
  readonly type: 'stats';
  readonly stream: number;
  /** Frames decoded and segmented per second. */
  readonly fps: { readonly decoded: number; readonly segmented: number };
  /** From the decoding of a frame's last byte to the frame's emission by the server. */
  readonly ageMs: Percentiles | null;
  /** By step: `decode`, `segment`, `encode`, ... */
  readonly stepMs: Readonly<Record<string, Percentiles>>;
  /** Frames dropped since the start, by cause: `busy`, `stale`, `rate`. */
  readonly dropped: Readonly<Record<string, number>>;
  /** Share of the latest mask's pixels by class index, summing to 1 less the share of void. */
  readonly shares: readonly number[];
  readonly viewers: number;
  /** What to lower if the machine is overloaded. */
  readonly advice?: string;
}

/** From the server in answer to `time`. */
export interface Time {
  readonly type: 'time';
  readonly id: number;
  /** The server's time when it answered, µs since 1970. */
  readonly serverUs: number;
}

/** From the server before it closes connections with `shutdown`. */
export interface Closing {
  readonly type: 'closing';
  readonly reason: string;
  /** How long to wait before reconnecting. */
  readonly retryAfterMs: number;
  /** True if clients should not reconnect, because the stream is over. */
  readonly isOver?: boolean;
}

/** Every text message of the server. */
export type ServerMessage = Hello | Streams | Subscribed | StreamStats | Time | Closing;

/** From a client: requests parts of a stream. A second one for the same stream replaces the first. */
export interface Subscribe {
  readonly type: 'subscribe';
  readonly stream: number;
  readonly parts: readonly Part[];
  /** The most frames per second; if absent, as many as the client keeps up with. */
  readonly maxFps?: number;
  /** How many frames may be unacknowledged at a time. @default 2 */
  readonly window?: number;
}

/** From a client: ends the subscription to a stream. Frames on their way may still arrive. */
export interface Unsubscribe {
  readonly type: 'unsubscribe';
  readonly stream: number;
}

/** From a client: acknowledges this frame and all earlier ones of the stream (drawn, stored or discarded). */
export interface Ack {
  readonly type: 'ack';
  readonly stream: number;
  readonly seq: number;
}

/** From a client: asks for the server's time. */
export interface AskTime {
  readonly type: 'time';
  /** Repeated in the answer. */
  readonly id: number;
}

/** Every message of a client. */
export type ClientMessage = Subscribe | Unsubscribe | Ack | AskTime;
