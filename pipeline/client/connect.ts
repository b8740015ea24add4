import { isObservable, Observable, of } from 'rxjs';
import { unpackFrame } from './frame-packet.js';
import { inflateMask } from './inflate-mask.js';
import type { LiveEvent, LiveFrame, Want } from './live-event.js';
import { type ClientMessage, CloseCode, type ServerMessage, SOCKET_PATH, type StreamInfo } from './protocol.js';
import { clientNow, ServerClock } from './server-clock.js';
import { openSocket, type Socket } from './socket.js';

export interface ConnectOptions {
  /**
   * What to subscribe to; an observable where that changes. Nothing while it is empty.
   * @default [{ parts: ['source', 'mask'] }] // the first stream
   */
  readonly want?: readonly Want[] | Observable<readonly Want[]>;
  /** The server's token. In Node, if not provided, defaults to: the environment's `SEGNET_STREAM_TOKEN`. */
  readonly token?: string;
  /** `auto` acknowledges a frame when the subscribers' `next` has returned; `manual` leaves it to `frame.acknowledge()`. @default 'auto' */
  readonly acknowledge?: 'auto' | 'manual';
  /** The first wait before connecting again; doubles up to `maxBackoffMs`, and starts anew with the first frame. @default 500 */
  readonly backoffMs?: number;
  /** @default 15_000 // 15 seconds */
  readonly maxBackoffMs?: number;
  /** Longest time from connecting to `hello`. @default 10_000 // 10 seconds */
  readonly openTimeoutMs?: number;
}

/** Close codes after which the same attempt would end the same way. */
const FINAL: readonly number[] = [
  CloseCode.badMessage,
  CloseCode.unauthorised,
  CloseCode.forbidden,
  CloseCode.noSuchStream,
  CloseCode.tooBig,
];
const CLOCK_INTERVAL_MS = 5_000;
/** In the first second, while a page is busy and single answers mislead, it asks more often. */
const CLOCK_FIRST_MS = [0, 150, 350, 600, 1_000];

/** The connection failed in a way that trying again will not mend. */
export class ConnectionRefused extends Error {
  /** The close code, as in `PROTOCOL.md`. */
  readonly code: number;
  constructor(code: number, reason: string) {
    super(`The server refused the connection: ${reason || 'no reason given'} (${code})`);
    this.name = 'ConnectionRefused';
    this.code = code;
  }
}

/**
 * Watches a `segnet-stream serve`: its frames, statistics and states as one observable, which connects again whenever the
 * connection is lost. Unsubscribing closes it.
 *
 * ```ts
 * connect('ws://127.0.0.1:8080', { want: [{ parts: ['mask'] }] })
 *   .pipe(filter((event) => event.type === 'frame'))
 *   .subscribe(({ mask, ptsUs }) => console.log(ptsUs, mask?.data.length));
 * ```
 *
 * @param url `ws:` or `wss:` (or `http:`, `https:`), with or without the path.
 * @returns Each subscription is a connection of its own. Errors with `ConnectionRefused` where the token, the origin or a wanted stream is refused.
 */
export function connect(url: string, options: ConnectOptions = {}): Observable<LiveEvent> {
  const { acknowledge = 'auto', backoffMs = 500, maxBackoffMs = 15_000, openTimeoutMs = 10_000 } = options;
  const address = socketAddress(url);
  const token = options.token ?? (typeof process === 'undefined' ? undefined : process.env?.SEGNET_STREAM_TOKEN);

  return new Observable<LiveEvent>((subscriber) => {
    let failures = 0;
    let retry: ReturnType<typeof setTimeout> | undefined;
    let wants: readonly Want[] = [];
    let current: ReturnType<typeof attempt> | undefined;

    const attempt = () => {
      let socket: Socket | undefined;
      let over = false;
      let retryAfterMs = 0;
      let streams: readonly StreamInfo[] = [];
      let asked: { readonly id: number; readonly at: number } | undefined;
      let clockTimer: ReturnType<typeof setInterval> | undefined;
      let clockFirst: ReturnType<typeof setTimeout>[] = [];
      const clock = new ServerClock();
      const subscribed = new Set<number>();
      // Inflating is asynchronous: one after the other, so that frames keep their order.
      let turn: Promise<void> = Promise.resolve();
      const openTimer = setTimeout(() => end(1006, 'No answer in time'), openTimeoutMs);

      const tell = (message: ClientMessage): void => {
        if (socket?.readyState === 1) socket.send(JSON.stringify(message));
      };
      const askTime = (): void => {
        asked = { id: (asked?.id ?? 0) + 1, at: clientNow() };
        tell({ type: 'time', id: asked.id });
      };
      const stopTimers = (): void => {
        clearTimeout(openTimer);
        clearInterval(clockTimer);
        for (const timer of clockFirst) clearTimeout(timer);
      };
      const end = (code: number, reason: string): void => {
        if (over) return;
        over = true;
        stopTimers();
        socket?.close();
        if (FINAL.includes(code)) {
          subscriber.next({ type: 'closed', code, reason });
          subscriber.error(new ConnectionRefused(code, reason));
          return;
        }
        const waitMs =
          Math.max(retryAfterMs, Math.min(backoffMs * 2 ** failures, maxBackoffMs)) * (0.5 + Math.random() / 2);
        failures += 1;
        retry = setTimeout(begin, waitMs);
        subscriber.next({ type: 'closed', code, reason, retryAt: clientNow() + waitMs });
      };

      const applyWants = (): void => {
        if (streams.length === 0) return;
        const wanted = new Set<number>();
        for (const want of wants) {
          const stream = findStream(streams, want.stream);
          if (!stream) {
            end(CloseCode.noSuchStream, `There is no stream ${want.stream}`);
            return;
          }
          wanted.add(stream.id);
          subscribed.add(stream.id);
          const { parts, maxFps, window } = want;
          tell({
            type: 'subscribe',
            stream: stream.id,
            parts,
            ...(maxFps ? { maxFps } : {}),
            ...(window ? { window } : {}),
          });
        }
        for (const id of subscribed) {
          if (wanted.has(id)) continue;
          subscribed.delete(id);
          tell({ type: 'unsubscribe', stream: id });
        }
      };

      const hear = (message: ServerMessage): void => {
        switch (message.type) {
          case 'hello':
            clearTimeout(openTimer);
            streams = message.streams;
            subscriber.next({ type: 'open' });
            subscriber.next(message);
            clockFirst = CLOCK_FIRST_MS.map((ms) => setTimeout(askTime, ms));
            clockTimer = setInterval(askTime, CLOCK_INTERVAL_MS);
            applyWants();
            return;
          case 'streams':
            streams = message.streams;
            subscriber.next(message);
            return;
          case 'stats':
            subscriber.next({ ...message, stream: streams[message.stream]?.name ?? String(message.stream) });
            return;
          case 'time':
            if (message.id === asked?.id) clock.add(asked.at, clientNow(), message.serverUs / 1000);
            return;
          case 'closing':
            retryAfterMs = message.retryAfterMs;
            return;
          case 'subscribed':
            return;
          default:
            // A later version of the protocol may say more.
            return;
        }
      };

      const receiveFrame = async (bytes: Uint8Array): Promise<void> => {
        const packet = unpackFrame(bytes);
        const part = (kind: string) => packet.parts.find((candidate) => candidate.kind === kind)?.data;
        const source = part('source');
        const overlay = part('overlay');
        const deflated = part('mask');
        const { maskWidth: width, maskHeight: height } = packet;
        const mask = deflated && { width, height, data: await inflateMask(deflated, width * height) };
        if (over || subscriber.closed) return;
        let acknowledged = false;
        const frame: LiveFrame = {
          type: 'frame',
          stream: streams[packet.stream]?.name ?? String(packet.stream),
          epoch: packet.epoch,
          seq: packet.seq,
          capturedAt: packet.capturedUs / 1000,
          ptsUs: packet.ptsUs,
          skipped: packet.skipped,
          ageWhenSentMs: packet.ageUs / 1000,
          ageMs: () =>
            clock.offsetMs === undefined ? undefined : clientNow() + clock.offsetMs - packet.capturedUs / 1000,
          stepUs: packet.stepUs,
          displayWidth: packet.displayWidth,
          displayHeight: packet.displayHeight,
          ...(source ? { source } : {}),
          ...(overlay ? { overlay } : {}),
          ...(mask ? { mask } : {}),
          acknowledge() {
            if (acknowledged) return;
            acknowledged = true;
            tell({ type: 'ack', stream: packet.stream, seq: packet.seq });
          },
        };
        failures = 0;
        subscriber.next(frame);
        if (acknowledge === 'auto') frame.acknowledge();
      };

      const open = async (): Promise<void> => {
        socket = await openSocket(address, token);
        socket.binaryType = 'arraybuffer';
        socket.addEventListener('close', (event) => end(event.code, event.reason));
        socket.addEventListener('error', () => {});
        socket.addEventListener('message', ({ data }) => {
          if (over) return;
          if (typeof data === 'string') return hear(JSON.parse(data) as ServerMessage);
          const bytes = new Uint8Array(data as ArrayBuffer);
          if (bytes[0] !== 1) return;
          turn = turn.then(() => receiveFrame(bytes)).catch((error) => end(1002, String(error)));
        });
        if (over) socket.close();
      };
      open().catch((error) => end(1006, error instanceof Error ? error.message : String(error)));

      return {
        applyWants,
        abandon() {
          over = true;
          stopTimers();
          socket?.close(1000);
        },
      };
    };

    const begin = (): void => {
      subscriber.next({ type: 'connecting', attempt: failures });
      if (!subscriber.closed) current = attempt();
    };

    const { want = [{ parts: ['source', 'mask'] }] } = options;
    const watching = (isObservable(want) ? want : of(want)).subscribe({
      next(value) {
        wants = value;
        current?.applyWants();
      },
      error: (error) => subscriber.error(error),
    });
    begin();
    return () => {
      watching.unsubscribe();
      clearTimeout(retry);
      current?.abandon();
    };
  });
}

function findStream(streams: readonly StreamInfo[], wanted: string | number | undefined): StreamInfo | undefined {
  if (wanted === undefined) return streams[0];
  return streams.find((stream) => stream.name === wanted || stream.id === wanted);
}

function socketAddress(url: string): string {
  const address = new URL(url);
  address.protocol = address.protocol.replace('http', 'ws');
  if (address.pathname === '/') address.pathname = SOCKET_PATH;
  return address.href;
}
