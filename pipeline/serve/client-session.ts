import { Failure } from '../../model/failure.js';
import { type ClientMessage, CloseCode, type ServerMessage, type Subscribe } from '../client/protocol.js';
import { readClientMessage } from './client-message.js';
import type { Hub } from './hub.js';
import { serverNow } from './shown-frame.js';
import { Subscription } from './subscription.js';
import { TokenBucket } from './token-bucket.js';

/** The connection, as far as a session needs it. */
export interface Transport {
  send(message: string | Uint8Array): void;
  close(code: number, reason: string): void;
  /** Bytes that were sent and have not left the process. */
  readonly bufferedBytes: number;
}

/**
 * Text and new frames are held back from a client with this much unsent data, which does not read. Windows alone do not
 * suffice: text has none, and subscribing again gives a new one.
 */
const MOST_UNSENT_BYTES = 1024 * 1024;
const DEFAULT_WINDOW = 2;

/** The server's side of the protocol for one viewer, independent of the transport. */
export class ClientSession {
  readonly #hub: Hub;
  readonly #transport: Transport;
  readonly #subscriptions = new Map<number, Subscription>();
  /** The latest frame sent, by stream. */
  readonly #sent = new Map<number, number>();
  readonly #messages: TokenBucket;
  /** The state of the streams that could not be sent because the client was not reading. */
  #owed: ServerMessage | undefined;
  #over = false;

  /** Joins the hub and sends `hello`. */
  constructor(hub: Hub, transport: Transport) {
    this.#hub = hub;
    this.#transport = transport;
    const { messagesPerSecond } = hub.limits;
    this.#messages = new TokenBucket(messagesPerSecond, messagesPerSecond * 2, serverNow());
    hub.sessions.add(this);
    this.tell(hub.hello);
  }

  /** Bytes that were sent to this viewer and have not left the process. */
  get unsentBytes(): number {
    return this.#transport.bufferedBytes;
  }

  /** Handles a text message; ends the session if it is invalid. */
  receive(text: string): void {
    if (!this.count()) return;
    try {
      this.#act(readClientMessage(text));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      this.end(CloseCode.badMessage, error.message);
    }
  }

  /** Counts a message, ping or pong; ends the session and returns false if there are too many. */
  count(): boolean {
    if (this.#over) return false;
    if (this.#messages.take(serverNow())) return true;
    this.end(CloseCode.limit, 'Too many messages');
    return false;
  }

  /** False while too much is unsent on the connection. */
  get hasRoom(): boolean {
    return this.unsentBytes < MOST_UNSENT_BYTES;
  }

  tell(message: ServerMessage): void {
    if (this.#over) return;
    const { hasRoom } = this;
    if (message.type === 'streams') this.#owed = hasRoom ? undefined : message;
    if (hasRoom) this.#transport.send(JSON.stringify(message));
  }

  /** Once a second: sends statistics, and ends the session of a viewer whose acknowledgement is overdue. */
  tick(): void {
    if (this.#owed) this.tell(this.#owed);
    for (const [id, subscription] of this.#subscriptions) {
      if (subscription.owedMs > this.#hub.limits.ackTimeoutMs) {
        this.end(CloseCode.tooSlow, `A frame was not acknowledged within ${this.#hub.limits.ackTimeoutMs} ms`);
        return;
      }
      if (subscription.parts.includes('stats')) this.tell(this.#hub.stream(id)!.stats());
    }
  }

  /** Leaves the hub and closes the connection. Safe to call twice. */
  end(code: number, reason: string): void {
    if (this.#over) return;
    this.leave();
    this.#transport.close(code, closeReason(reason));
  }

  /** Leaves the hub after the connection is gone. Safe to call twice. */
  leave(): void {
    this.#over = true;
    this.#hub.sessions.delete(this);
    for (const id of [...this.#subscriptions.keys()]) this.#unsubscribe(id);
  }

  #act(message: ClientMessage): void {
    switch (message.type) {
      case 'subscribe':
        this.#subscribe(message);
        return;
      case 'unsubscribe':
        this.#unsubscribe(message.stream);
        return;
      case 'ack':
        this.#acknowledge(message.stream, message.seq);
        return;
      case 'time':
        this.tell({ type: 'time', id: message.id, serverUs: Math.round(serverNow() * 1000) });
        return;
    }
  }

  #acknowledge(stream: number, seq: number): void {
    // Compared with everything that was ever sent, since frames on their way when a subscription changes or ends are acknowledged later.
    if (seq > (this.#sent.get(stream) ?? -1)) {
      this.end(CloseCode.badMessage, `Frame ${seq} of stream ${stream} was not sent`);
      return;
    }
    // A valid acknowledgement does not count as a message: frames are paced anyway, and a viewer of many streams acknowledges often.
    if (this.#subscriptions.get(stream)?.acknowledge(seq)) this.#messages.giveBack();
  }

  #subscribe(message: Subscribe): void {
    const stream = this.#hub.stream(message.stream);
    if (!stream) {
      this.end(CloseCode.noSuchStream, `There is no stream ${message.stream}`);
      return;
    }
    const { limits } = this.#hub;
    const window = Math.min(message.window ?? DEFAULT_WINDOW, limits.window);
    const maxFps = message.maxFps ?? null;
    const before = this.#subscriptions.get(message.stream);
    this.#unsubscribe(message.stream);
    if (this.#subscriptions.size >= limits.subscriptions) {
      this.end(CloseCode.badMessage, `At most ${limits.subscriptions} subscriptions`);
      return;
    }
    const subscription = new Subscription({
      before,
      parts: message.parts,
      window,
      maxFps,
      hasRoom: () => this.hasRoom,
      send: (bytes, seq) => {
        this.#sent.set(stream.id, seq);
        this.#transport.send(bytes);
      },
      onSkip: (reason) => this.#hub.skip(reason),
    });
    this.#subscriptions.set(message.stream, subscription);
    stream.subscriptions.add(subscription);
    this.tell({ type: 'subscribed', stream: message.stream, parts: message.parts, maxFps, window });
    if (stream.newest) subscription.offer(stream.newest);
  }

  #unsubscribe(id: number): void {
    const subscription = this.#subscriptions.get(id);
    if (!subscription) return;
    this.#subscriptions.delete(id);
    this.#hub.stream(id)?.subscriptions.delete(subscription);
  }
}

/** A close reason holds at most 123 bytes of UTF-8. */
function closeReason(reason: string): string {
  const bytes = Buffer.from(reason);
  return bytes.length <= 123
    ? reason
    : `${bytes
        .subarray(0, 119)
        .toString()
        .replace(/\uFFFD+$/, '')}...`;
}
