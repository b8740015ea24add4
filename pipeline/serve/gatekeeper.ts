import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { BEARER_SUBPROTOCOL_PREFIX, CloseCode } from '../client/protocol.js';
import { serverNow } from './shown-frame.js';
import { SubnetBuckets } from './subnet.js';
import type { TrustedProxies } from './trusted-proxies.js';

/** The rules by which connections are admitted. */
export interface GatekeeperOptions {
  /** Without a token, every client that passes the other checks is admitted. */
  readonly token?: string;
  /** Origins of other sites whose pages may connect, `https://wall.example`. Pages of the server itself always may. */
  readonly allowedOrigins: readonly string[];
  /** Host names by which the server may be addressed, besides `localhost` and IP addresses. */
  readonly allowedHosts: readonly string[];
  /** Proxies whose forwarding headers are trusted for the client's address and for TLS. */
  readonly proxies: TrustedProxies;
}

/** Why a connection is refused. */
export interface Refusal {
  readonly code: number;
  readonly reason: string;
}

/** The message for a client that uses a host name that is not allowed. */
export const HOST_REFUSED = 'This host name is not allowed: name it by --allow-host';

/** The message for `wait`. */
export const TOO_MANY_TOKENS = 'Too many tokens tried: wait a little';

const COOKIE = 'segnet-stream-session';
const SESSION_MS = 12 * 60 * 60 * 1000;
/** A session is renewed when it is this old and its page asks. */
const RENEW_MS = 60 * 60 * 1000;
const MOST_ENDED = 10_000;
const WRONG_TOKENS_PER_SECOND = 1;
const WRONG_TOKENS_AT_ONCE = 10;

/** Whether a request is admitted. `wait` means that its address has recently sent too many wrong tokens for this one to be checked. */
export type Admission = 'yes' | 'no' | 'wait';

/**
 * Decides who may connect: by `Host` (against DNS rebinding), by `Origin` (against pages of other sites) and by token. A page's
 * session is a cookie that is signed with the token, so that it survives a restart of the server.
 */
export class Gatekeeper {
  readonly #options: GatekeeperOptions;
  readonly #tokenDigest: Buffer | undefined;
  /** The ids of sessions that were ended before they expired. */
  readonly #ended = new Set<string>();
  /** Callbacks for the end of sessions. */
  readonly #listeners = new Set<{ session: string; readonly hear: () => void }>();
  readonly #guesses = new SubnetBuckets(WRONG_TOKENS_PER_SECOND, WRONG_TOKENS_AT_ONCE);
  /** Requests without a token have a separate budget, so that they cannot lock out clients with the right token behind the same proxy. */
  readonly #tokenless = new SubnetBuckets(WRONG_TOKENS_PER_SECOND, WRONG_TOKENS_AT_ONCE);

  constructor(options: GatekeeperOptions) {
    this.#options = options;
    this.#tokenDigest = options.token === undefined ? undefined : digest(options.token);
  }

  get needsToken(): boolean {
    return this.#tokenDigest !== undefined;
  }

  /** True if the request's host is this server: `localhost`, an IP address or an allowed name. */
  hostAllowed(request: IncomingMessage): boolean {
    const host = parseHost(request.headers.host);
    const isOne = request.rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === 'host').length === 1;
    if (host === undefined || !isOne) return false;
    return host === 'localhost' || isIP(host) !== 0 || this.#options.allowedHosts.includes(host);
  }

  /** True if the request comes from a page of this server or of an allowed origin. */
  originAllowed(request: IncomingMessage): boolean {
    const origin = request.headers.origin?.toLowerCase();
    if (origin === undefined) return false;
    const own = `${this.#options.proxies.isSecure(request) ? 'https' : 'http'}://${request.headers.host?.toLowerCase()}`;
    return origin === own || this.#options.allowedOrigins.includes(origin);
  }

  /** Checks a WebSocket's request; undefined admits it. */
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

  /** `yes` if no token is needed or the request has it in a header, as a subprotocol or by a page's cookie. */
  admission(request: IncomingMessage): Admission {
    const admission = this.look(request);
    if (admission !== 'no' || bearer(request) !== undefined) return admission;
    const address = this.#options.proxies.addressOf(request);
    // A refused request is not charged again; otherwise retrying pages would never see the 401.
    return this.#tokenless.has(address) && this.#tokenless.take(address) ? 'no' : 'wait';
  }

  /** As `admission`, for a page that only asks whether its session is valid: a request without a token does not count. */
  look(request: IncomingMessage): Admission {
    if (!this.needsToken) return 'yes';
    const token = bearer(request);
    if (token !== undefined) return this.try(token, request);
    return this.#sessionOf(request) ? 'yes' : 'no';
  }

  /** Checks the token of a request in constant time. */
  try(token: string, request: IncomingMessage): Admission {
    const address = this.#options.proxies.addressOf(request);
    if (!this.#guesses.has(address)) return 'wait';
    if (this.#tokenDigest !== undefined && timingSafeEqual(digest(token), this.#tokenDigest)) return 'yes';
    this.#guesses.take(address);
    return 'no';
  }

  /**
   * Starts a page's session; returns the `Set-Cookie` header that carries it. The request's previous session ends, but its
   * connections continue in the new one.
   */
  startSession(request: IncomingMessage): string {
    const id = randomBytes(16).toString('base64url');
    const before = this.#sessionOf(request)?.id;
    if (before !== undefined) {
      this.#remember(before);
      for (const listener of this.#listeners) if (listener.session === before) listener.session = id;
    }
    return this.#cookieOf(request, id);
  }

  /**
   * Returns the `Set-Cookie` header that prolongs a session which is an hour old, so that a page that is open stays signed in;
   * undefined for others.
   */
  renewSession(request: IncomingMessage): string | undefined {
    const session = this.#sessionOf(request);
    const isOld = session !== undefined && session.endsAt < serverNow() + SESSION_MS - RENEW_MS;
    return isOld ? this.#cookieOf(request, session.id) : undefined;
  }

  #cookieOf(request: IncomingMessage, id: string): string {
    const session = `${Math.trunc(serverNow() + SESSION_MS).toString(36)}.${id}`;
    return this.#setCookie(request, `${session}.${this.#sign(session)}`, SESSION_MS / 1000);
  }

  /** Ends the request's session; returns the `Set-Cookie` header that deletes its cookie. */
  endSession(request: IncomingMessage): string {
    const session = this.#sessionOf(request)?.id;
    if (session !== undefined) {
      this.#remember(session);
      for (const listener of this.#listeners) {
        if (listener.session !== session) continue;
        this.#listeners.delete(listener);
        listener.hear();
      }
    }
    return this.#setCookie(request, '', 0);
  }

  /** Calls `hear` when the session that admitted the request ends, if there is one. Returns a function that cancels this. */
  onSessionEnd(request: IncomingMessage, hear: () => void): () => void {
    const session = bearer(request) === undefined ? this.#sessionOf(request)?.id : undefined;
    if (session === undefined) return () => {};
    const listener = { session, hear };
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Remembers a session that was ended before it expired. */
  #remember(session: string): void {
    this.#ended.add(session);
    // A copy of the forgotten, oldest cookie stays valid until it expires.
    const [oldest] = this.#ended;
    if (this.#ended.size > MOST_ENDED) this.#ended.delete(oldest!);
  }

  #setCookie(request: IncomingMessage, value: string, seconds: number): string {
    const secure = this.#options.proxies.isSecure(request) ? '; Secure' : '';
    return `${cookieName(request)}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Strict${secure}`;
  }

  /** The session of a request, if it is valid and has not ended. */
  #sessionOf(request: IncomingMessage): { readonly id: string; readonly endsAt: number } | undefined {
    const [, session, end, id, signature] = /^(([^.]+)\.([^.]+))\.([^.]+)$/.exec(cookie(request) ?? '') ?? [];
    if (session === undefined || !timingSafeEqual(digest(signature!), digest(this.#sign(session)))) return undefined;
    const endsAt = Number.parseInt(end!, 36);
    return endsAt > serverNow() && !this.#ended.has(id!) ? { id: id!, endsAt } : undefined;
  }

  #sign(session: string): string {
    return createHmac('sha256', this.#tokenDigest ?? '')
      .update(session)
      .digest('base64url');
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/**
 * Browsers send a cookie to all ports of a host, so the name contains the port: the one that the page sees, or the server's own
 * if a proxy hides that.
 */
function cookieName(request: IncomingMessage): string {
  return `${COOKIE}-${/:(\d+)$/.exec(request.headers.host ?? '')?.[1] ?? request.socket.localPort}`;
}

function cookie(request: IncomingMessage): string | undefined {
  return new RegExp(`(?:^|;\\s*)${cookieName(request)}=([\\w.-]+)`).exec(request.headers.cookie ?? '')?.[1];
}

function bearer(request: IncomingMessage): string | undefined {
  return /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? subprotocolToken(request);
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
