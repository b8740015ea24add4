import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { BEARER_SUBPROTOCOL_PREFIX, CloseCode } from '../client/protocol.js';
import { networkOf } from './network-of.js';
import { serverNow } from './shown-frame.js';
import { TokenBucket } from './token-bucket.js';

/** By what it is decided who may connect. */
export interface GatekeeperOptions {
  /** Without one, everybody who passes the other checks is let in. */
  readonly token?: string;
  /** Origins of other sites whose pages may connect, `https://wall.example`. The server's own always may. */
  readonly allowedOrigins: readonly string[];
  /** Names by which the server may be addressed beside `localhost` and IP addresses. */
  readonly allowedHosts: readonly string[];
  /** True where pages are served by TLS. */
  readonly secure: boolean;
}

/** Why a connection is refused. */
export interface Refusal {
  readonly code: number;
  readonly reason: string;
}

/** What a client is told that addresses the server by a name that it does not go by. */
export const HOST_REFUSED = 'This host name is not allowed: name it by --allow-host';

/** Said with `wait`. */
export const TOO_MANY_TOKENS = 'Too many tokens tried: wait a little';

const COOKIE = 'segnet-stream-session';
const SESSION_MS = 12 * 60 * 60 * 1000;
const MOST_SESSIONS = 1000;
const MOST_GUESSERS = 10_000;
const WRONG_TOKENS_PER_SECOND = 1;
const WRONG_TOKENS_AT_ONCE = 10;

/** Whether a token lets somebody in; `wait`: too many wrong ones came from there of late for this one to be looked at. */
export type Admission = 'yes' | 'no' | 'wait';

/**
 * Decides who may come in: by `Host` (a name that an attacker points at this address must not work), by `Origin` (pages of
 * other sites must not either) and by token.
 */
export class Gatekeeper {
  readonly #options: GatekeeperOptions;
  readonly #tokenDigest: Buffer | undefined;
  /** Digest of a page's session secret to when it ends. */
  readonly #sessions = new Map<string, number>();
  /** Wrong tokens of late, by network: who guesses keeps nobody out but himself. */
  readonly #guesses = new Map<string, TokenBucket>();

  constructor(options: GatekeeperOptions) {
    this.#options = options;
    this.#tokenDigest = options.token === undefined ? undefined : digest(options.token);
  }

  get needsToken(): boolean {
    return this.#tokenDigest !== undefined;
  }

  /** True if the request is addressed to a name of this server: `localhost`, an IP address or an allowed name. */
  hostAllowed(request: IncomingMessage): boolean {
    const host = parseHost(request.headers.host);
    if (host === undefined) return false;
    return host === 'localhost' || isIP(host) !== 0 || this.#options.allowedHosts.includes(host);
  }

  /** True if the request comes from a page of this server or of an allowed origin. */
  originAllowed(request: IncomingMessage): boolean {
    const origin = request.headers.origin?.toLowerCase();
    if (origin === undefined) return false;
    const own = `${this.#options.secure ? 'https' : 'http'}://${request.headers.host?.toLowerCase()}`;
    return origin === own || this.#options.allowedOrigins.includes(origin);
  }

  /** Judges a WebSocket's request; undefined lets it in. */
  judge(request: IncomingMessage): Refusal | undefined {
    if (request.headers.origin === undefined) {
      if (!this.needsToken) {
        return {
          code: CloseCode.forbidden,
          reason: 'Programs need a token: start the server with one (SEGNET_STREAM_TOKEN)',
        };
      }
    } else if (!this.originAllowed(request)) {
      return { code: CloseCode.forbidden, reason: 'This origin is not allowed: name it by --allow-origin' };
    }
    const admission = this.admission(request);
    if (admission === 'wait') return { code: CloseCode.limit, reason: TOO_MANY_TOKENS };
    return admission === 'yes' ? undefined : { code: CloseCode.unauthorised, reason: 'A valid token is needed' };
  }

  /** `yes` if no token is needed, or the request brings it: as a header, a subprotocol or a page's cookie. */
  admission(request: IncomingMessage): Admission {
    if (!this.needsToken) return 'yes';
    const bearer = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? subprotocolToken(request);
    if (bearer !== undefined) return this.try(bearer, request);
    return this.#sessionLives(cookie(request)) ? 'yes' : 'no';
  }

  /** Looks at a token that a request brings; takes the same time whatever it is. */
  try(token: string, request: IncomingMessage): Admission {
    const now = serverNow();
    const network = networkOf(request.socket.remoteAddress);
    const guesses = this.#guesses.get(network) ?? new TokenBucket(WRONG_TOKENS_PER_SECOND, WRONG_TOKENS_AT_ONCE, now);
    if (!guesses.has(now)) return 'wait';
    if (this.#tokenDigest !== undefined && timingSafeEqual(digest(token), this.#tokenDigest)) return 'yes';
    guesses.take(now);
    // The one that guessed longest ago is forgotten first.
    this.#guesses.delete(network);
    this.#guesses.set(network, guesses);
    for (const oldest of this.#guesses.keys()) {
      if (this.#guesses.size <= MOST_GUESSERS) break;
      this.#guesses.delete(oldest);
    }
    return 'no';
  }

  /** Starts a page's session; returns the `Set-Cookie` header that carries it. */
  startSession(): string {
    const now = serverNow();
    for (const [key, endsAt] of this.#sessions)
      if (endsAt < now || this.#sessions.size >= MOST_SESSIONS) this.#sessions.delete(key);
    const secret = randomBytes(32).toString('base64url');
    this.#sessions.set(digest(secret).toString('base64'), now + SESSION_MS);
    return this.#setCookie(secret, SESSION_MS / 1000);
  }

  /** Ends the request's session; returns the `Set-Cookie` header that says so. */
  endSession(request: IncomingMessage): string {
    const secret = cookie(request);
    if (secret) this.#sessions.delete(digest(secret).toString('base64'));
    return this.#setCookie('', 0);
  }

  #setCookie(value: string, seconds: number): string {
    const secure = this.#options.secure ? '; Secure' : '';
    return `${COOKIE}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Strict${secure}`;
  }

  #sessionLives(secret: string | undefined): boolean {
    if (!secret) return false;
    return (this.#sessions.get(digest(secret).toString('base64')) ?? 0) > serverNow();
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function cookie(request: IncomingMessage): string | undefined {
  return new RegExp(`(?:^|;\\s*)${COOKIE}=([\\w-]+)`).exec(request.headers.cookie ?? '')?.[1];
}

function subprotocolToken(request: IncomingMessage): string | undefined {
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
  const bearer = offered.find((name) => name.startsWith(BEARER_SUBPROTOCOL_PREFIX));
  return bearer && Buffer.from(bearer.slice(BEARER_SUBPROTOCOL_PREFIX.length), 'base64url').toString();
}

/** The name in a `Host` header, without port and brackets. */
function parseHost(header: string | undefined): string | undefined {
  const match = /^(?:\[([\da-f:.]+)\]|([\w.-]+))(?::\d+)?$/i.exec(header ?? '');
  return (match?.[1] ?? match?.[2])?.toLowerCase();
}
