import { isObservable, Observable, of, tap } from 'rxjs';
import { LONGEST_TIMER_MS, retryWait } from '../../operators/retry-wait.js';
import { type Connection, openConnection } from './connection.js';
import type { LiveEvent, Want } from './live-event.js';
import { CloseCode, PARTS, type Part, SOCKET_PATH, TOKEN_FORM } from './protocol.js';
import { clientNow } from './server-clock.js';

/** What to request from a server, and timeouts. */
export interface ConnectOptions {
  /**
   * The subscriptions, or an observable of them. An empty list subscribes to nothing. The default is the first stream.
   *
   * @default [{ parts: ['source', 'mask'] }]
   */
  readonly want?: readonly Want[] | Observable<readonly Want[]> | undefined;
  /** The server's token. In Node it defaults to the environment variable `SEGNET_STREAM_TOKEN`. */
  readonly token?: string | undefined;
  /**
   * `auto` acknowledges a frame when the subscribers' `next` has returned; with `manual` the caller does by
   * `frame.acknowledge()`.
   *
   * @default 'auto'
   */
  readonly acknowledge?: 'auto' | 'manual' | undefined;
  /** The first wait before reconnecting. It doubles up to `maxBackoffMs` and is reset by a frame. @default 500 */
  readonly backoffMs?: number | undefined;
  /** The longest wait before reconnecting. @default 15_000 // 15 seconds */
  readonly maxBackoffMs?: number | undefined;
  /** Longest time from connecting to `hello`. @default 10_000 // 10 seconds */
  readonly openTimeoutMs?: number | undefined;
  /** A server that does not answer for about this long counts as lost; TCP would wait for minutes. @default 10_000 // 10 seconds */
  readonly answerTimeoutMs?: number | undefined;
}

/** Close codes after which reconnecting would fail again. */
const FINAL: readonly number[] = [
  CloseCode.badMessage,
  CloseCode.unauthorised,
  CloseCode.forbidden,
  CloseCode.noSuchStream,
  CloseCode.tooBig,
];

/** The connection failed in a way that reconnecting cannot fix. */
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
 * Watches a `segnet-stream serve`: its frames, statistics and states as one observable, which reconnects whenever the
 * connection is lost. It completes when the stream is over (`run --broadcast`, files without `--loop`); unsubscribing closes
 * the connection.
 *
 * ```ts
 * connect('ws://127.0.0.1:8080', { want: [{ parts: ['mask'] }] })
 *   .pipe(filter((event) => event.type === 'frame'))
 *   .subscribe(({ mask, ptsUs }) => console.log(ptsUs, mask?.data.length));
 * ```
 *
 * @param url `ws:` or `wss:` (or `http:`, `https:`), with or without the path.
 * @throws `TypeError` for an invalid URL or option; emitted as an error for an invalid want that comes later.
 * @returns An observable, of which each subscription opens its own connection. Errors with `ConnectionRefused` if the token,
 * the origin or a wanted stream is refused.
 */
export function connect(url: string, options: ConnectOptions = {}): Observable<LiveEvent> {
  const { acknowledge = 'auto', backoffMs = 500, maxBackoffMs = 15_000 } = options;
  const { openTimeoutMs = 10_000, answerTimeoutMs = 10_000 } = options;
  const address = socketAddress(url);
  for (const [name, ms] of Object.entries({ backoffMs, maxBackoffMs, openTimeoutMs, answerTimeoutMs })) {
    if (!(ms > 0 && ms <= LONGEST_TIMER_MS)) {
      throw new TypeError(`Expected ${name} to be milliseconds, more than 0 and at most 24 days, got ${ms}`);
    }
  }
  if (!['auto', 'manual'].includes(acknowledge)) {
    throw new TypeError(`Expected acknowledge to be auto or manual, got ${String(acknowledge)}`);
  }
  const { want = [{ parts: ['source', 'mask'] }] } = options;
  if (!isObservable(want)) checkWants(want);
  // Compose files and the like pass variables on that are empty.
  const token =
    (options.token ?? (typeof process === 'undefined' ? undefined : process.env?.SEGNET_STREAM_TOKEN)) || undefined;
  if (token !== undefined && !TOKEN_FORM.test(token)) {
    throw new TypeError(
      'Expected the token to be of ASCII without spaces or line feeds at its ends, as servers take no other',
    );
  }

  return new Observable<LiveEvent>((subscriber) => {
    let failures = 0;
    let retry: ReturnType<typeof setTimeout> | undefined;
    let wants: readonly Want[] = [];
    let current: Connection | undefined;

    const begin = (): void => {
      subscriber.next({ type: 'connecting', attempt: failures });
      if (subscriber.closed) return;
      current = openConnection({
        address,
        token,
        wants,
        acknowledge,
        openTimeoutMs,
        answerTimeoutMs,
        onEvent(event) {
          // A connection counts as successful once it delivers a frame.
          if (event.type === 'frame') failures = 0;
          subscriber.next(event);
        },
        onEnd,
        onError: (error) => subscriber.error(error),
      });
    };

    const onEnd = (code: number, reason: string, retryAfterMs: number): void => {
      if (FINAL.includes(code)) {
        subscriber.next({ type: 'closed', code, reason });
        subscriber.error(new ConnectionRefused(code, reason));
        return;
      }
      if (retryAfterMs === Number.POSITIVE_INFINITY) {
        subscriber.next({ type: 'closed', code, reason });
        subscriber.complete();
        return;
      }
      // Randomised, so that viewers do not all reconnect to a restarted server at once, and never earlier than it asked for.
      const spread = Math.random() / 2;
      const longest = retryWait(failures, backoffMs, maxBackoffMs);
      const waitMs = Math.max(longest * (0.5 + spread), retryAfterMs * (1 + spread));
      failures += 1;
      retry = setTimeout(begin, waitMs);
      subscriber.next({ type: 'closed', code, reason, retryAt: clientNow() + waitMs });
    };

    const watching = (isObservable(want) ? want.pipe(tap(checkWants)) : of(want)).subscribe({
      next(value) {
        wants = value;
        current?.setWants(value);
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

/** Checks wants. The server would close the connection for invalid ones with a less helpful message. */
function checkWants(wants: readonly Want[]): void {
  if (!Array.isArray(wants) || !wants.every((want?: Partial<Want>) => Array.isArray(want?.parts))) {
    throw new TypeError("Expected want to be a list of subscriptions, [{ parts: ['mask'] }]");
  }
  for (const { stream, parts, maxFps, window } of wants) {
    const isStream = stream === undefined || typeof stream === 'string' || (Number.isInteger(stream) && stream >= 0);
    if (!isStream) {
      throw new TypeError(`Expected stream to be a stream's name or number, got ${String(stream)}`);
    }
    const wrong = parts.find((part: Part) => !PARTS.includes(part));
    if (parts.length === 0 || wrong !== undefined) {
      throw new TypeError(`Expected parts to be one or more of ${PARTS.join(', ')}, got ${wrong ?? 'none'}`);
    }
    if (maxFps !== undefined && !(maxFps >= 0.1 && maxFps <= 240)) {
      throw new TypeError(`Expected maxFps to be from 0.1 to 240, got ${maxFps}`);
    }
    if (window !== undefined && !(Number.isInteger(window) && window >= 1 && window <= 64)) {
      throw new TypeError(`Expected window to be a whole number from 1 to 64, got ${window}`);
    }
  }
}

function socketAddress(url: string): string {
  const address = URL.canParse(url) ? new URL(url) : undefined;
  if (!address || !/^(ws|http)s?:$/.test(address.protocol)) {
    throw new TypeError(`Expected an address such as ws://127.0.0.1:8080, got ${url}`);
  }
  address.protocol = address.protocol.replace('http', 'ws');
  if (address.pathname === '/') address.pathname = SOCKET_PATH;
  return address.href;
}
