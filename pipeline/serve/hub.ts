import { randomUUID } from 'node:crypto';
import type { Audience } from '../../operators/broadcast.js';
import type { EncodedPart, PicturePart } from '../../operators/encode-parts.js';
import type { SegmentedFrame } from '../../operators/frame.js';
import type { SourceStatus } from '../../operators/supervise.js';
import { CloseCode, type Hello, type Limits } from '../client/protocol.js';
import { adviseLoad } from './advise-load.js';
import type { ClientSession } from './client-session.js';
import { type DropCause, LiveStream, type StreamStatus } from './live-stream.js';
import { serverNow } from './shown-frame.js';
import type { SkipReason } from './subscription.js';

/** Observes a hub, for metrics. */
export interface HubObserver {
  shown?(stream: string, frame: SegmentedFrame, ageMs: number, encodeMs: number): void;
  dropped?(stream: string, cause: DropCause): void;
  skipped?(reason: SkipReason): void;
  /** Called when a recording of the stream begins and ends. */
  recording?(stream: string, isOn: boolean): void;
  /** Called after every change of state. */
  status?(stream: string, status: SourceStatus): void;
}

/** Options and callbacks of a hub. */
export interface HubOptions {
  readonly server: string;
  readonly model: Hello['model'];
  readonly classes: Hello['classes'];
  /** The names of the sources: at least one, all different. */
  readonly streams: readonly string[];
  readonly limits?: Partial<Limits>;
  /** Describes a source's error in one sentence without secrets. */
  readonly describeError?: (error: unknown) => string;
  readonly observer?: HubObserver;
  /** Called, at most once a minute, with what to lower if the machine is overloaded. */
  readonly onOverload?: (advice: string) => void;
}

const DEFAULT_LIMITS: Limits = {
  messageBytes: 64 * 1024,
  messagesPerSecond: 240,
  ackTimeoutMs: 10_000,
  window: 8,
  subscriptions: 16,
};

const ADVICE_INTERVAL_MS = 60_000;
/** By then a server that is being restarted is back. */
const RETRY_AFTER_MS = 2000;

/**
 * Connects sources and viewers, independent of the transport: sources `show` frames and report their state, sessions subscribe.
 * Its memory is bounded: one newest frame per stream, one waiting frame per subscription.
 */
export class Hub implements Audience {
  readonly limits: Limits;
  readonly streams: readonly LiveStream[];
  readonly sessions = new Set<ClientSession>();
  readonly #options: HubOptions;
  readonly #session = randomUUID();
  #advisedAt = Number.NEGATIVE_INFINITY;
  readonly #timer: NodeJS.Timeout;
  readonly #byName: ReadonlyMap<string, LiveStream>;

  constructor(options: HubOptions) {
    this.#options = options;
    this.limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.streams = options.streams.map((name, id) => new LiveStream(id, name));
    this.#byName = new Map(this.streams.map((stream) => [stream.name, stream]));
    this.#timer = setInterval(() => this.#tick(), 1000);
    this.#timer.unref();
  }

  get hello(): Hello {
    const { server, model, classes } = this.#options;
    const { limits, streams } = this;
    const session = this.#session;
    return { type: 'hello', version: 1, server, session, model, classes, streams: streams.map((s) => s.info), limits };
  }

  stream(id: number): LiveStream | undefined {
    return this.streams[id];
  }

  wanted(source: string): ReadonlySet<PicturePart> {
    return this.#named(source).wanted();
  }

  show(frame: SegmentedFrame, parts: readonly EncodedPart[], encodeMs: number): void {
    const ageMs = this.#named(frame.source).show(frame, parts, encodeMs);
    this.#options.observer?.shown?.(frame.source, frame, ageMs, encodeMs);
  }

  drop(source: string, cause: DropCause): void {
    this.#named(source).drop(cause);
    this.#options.observer?.dropped?.(source, cause);
  }

  /** Counts a frame that a viewer did not get. */
  skip(reason: SkipReason): void {
    this.#options.observer?.skipped?.(reason);
  }

  setRecording(source: string, isOn: boolean): void {
    this.#options.observer?.recording?.(source, isOn);
  }

  setStatus(source: string, status: StreamStatus): void {
    this.#named(source).setStatus(status, this.#options.describeError ?? messageOf);
    this.#options.observer?.status?.(source, status);
    const message = { type: 'streams', streams: this.streams.map((stream) => stream.info) } as const;
    for (const session of this.sessions) session.tell(message);
  }

  /**
   * Closes every viewer's connection.
   *
   * @param isOver True if clients should not reconnect.
   */
  close(reason: string, isOver = false): void {
    clearInterval(this.#timer);
    for (const session of this.sessions) {
      session.tell({ type: 'closing', reason, retryAfterMs: RETRY_AFTER_MS, ...(isOver && { isOver }) });
      session.end(CloseCode.shutdown, reason);
    }
  }

  #named(source: string): LiveStream {
    const stream = this.#byName.get(source);
    if (!stream) throw new TypeError(`The hub was made without a stream called ${source}`);
    return stream;
  }

  #tick(): void {
    const now = serverNow();
    for (const stream of this.streams) stream.tick(now);
    adviseLoad(this.streams);
    const advice = this.streams.find((stream) => stream.advice !== undefined)?.advice;
    if (advice !== undefined && now - this.#advisedAt > ADVICE_INTERVAL_MS) {
      this.#advisedAt = now;
      this.#options.onOverload?.(advice);
    }
    for (const session of this.sessions) session.tick();
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
