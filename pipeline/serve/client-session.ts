import { Failure } from '../../model/failure.js';
import { type ClientMessage, CloseCode, type ServerMessage, type Subscribe } from '../client/protocol.js';
import { readClientMessage } from './client-message.js';
import type { Hub } from './hub.js';
import { serverNow } from './shown-frame.js';
import { Subscription } from './subscription.js';
import { TokenBucket } from './token-bucket.js';

/** What a session needs of a connection. */
export interface Transport {
  send(message: string | Uint8Array): void;
  close(code: number, reason: string): void;
  /** What was sent and has not left the process. */
  readonly bufferedBytes: number;
}

/**
 * Text and new frames are held back from a client with so much unsent: it reads nothing, text has no window, and who unsubscribes
 * and subscribes gets a new one.
 */
const MOST_UNSENT_BYTES = 1024 * 1024;
const DEFAULT_WINDOW = 2;

/** One viewer's side of the protocol, without a transport. */
export class ClientSession {
  readonly #hub: Hub;
  readonly #transport: Transport;
  readonly #subscriptions = new Map<number, Subscription>();
  /** By stream, the latest frame sent. */
  readonly #sent = new Map<number, number>();
  readonly #messages: TokenBucket;
  /** The state of the streams that the client has not been told, as it read nothing then. */
  #owed: ServerMessage | undefined;
  #over = false;

  /** Joins the hub and says hello. */
  constructor(hub: Hub, transport: Transport) {
    this.#hub = hub;
    this.#transport = transport;
    const { messagesPerSecond } = hub.limits;
    this.#messages = new TokenBucket(messagesPerSecond, messagesPerSecond * 2, serverNow());
    hub.sessions.add(this);
    this.tell(hub.hello);
  }

  /** What was sent to this viewer and has not left the process. */
  get unsentBytes(): number {
    return this.#transport.bufferedBytes;
  }

  /** Takes a text message; ends the session where it is not what it should be. */
  receive(text: string): void {
    if (!this.count()) return;
    try {
      this.#act(readClientMessage(text));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      this.end(CloseCode.badMessage, error.message);
    }
  }

  /** Counts a message, or a ping or pong, which costs the same; ends the session and is false where there are too many. */
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

  /** Once a second: sends statistics, and ends a viewer that owes an acknowledgement for too long. */
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

  /** Leaves the hub: the connection is gone. Safe to call twice. */
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
    // Judged by what was ever sent: frames under way when a subscription changed or ended are acknowledged after it.
    if (seq > (this.#sent.get(stream) ?? -1)) {
      this.end(CloseCode.badMessage, `Frame ${seq} of stream ${stream} was not sent`);
      return;
    }
    // Frames are paced as it is: who watches many streams acknowledges more often than anybody else has something to say.
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
