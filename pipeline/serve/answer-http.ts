import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { AddressLimits } from './address-limits.js';
import { type Admission, type Gatekeeper, HOST_REFUSED, TOO_MANY_TOKENS } from './gatekeeper.js';
import type { CutReason } from './metrics.js';
import type { PageFile } from './page.js';
import { requestPath } from './request-path.js';

/** What is needed to answer requests. */
export interface AnswerHttpOptions {
  readonly gatekeeper: Gatekeeper;
  readonly limits: AddressLimits;
  readonly page: ReadonlyMap<string, PageFile>;
  /** Returns why the server is not ready, or undefined if it is. */
  readonly notReady: () => string | undefined;
  /** Called for a connection that is cut for too many requests. */
  readonly onFlood: (reason: CutReason) => void;
  /** Called for a request with a wrong token, or with one of too many. */
  readonly onRefused: (request: IncomingMessage, reason: string) => void;
  /** Prometheus' text format and its content type. */
  readonly metrics: () => Promise<{ readonly type: string; readonly text: string }>;
}

const MOST_BODY_BYTES = 4096;

/** Sent with every response: no loading from or framing by other sites, no content sniffing, no referrer. */
const SECURITY_HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=()',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
};

/** A response other than 200. */
class HttpError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/**
 * Answers HTTP requests: the page, `/session` (which exchanges a page's token for a cookie), `/healthz`, `/readyz`, `/metrics`.
 * The page contains no secrets and is served without a token; metrics and frames need one.
 */
export function answerHttp(options: AnswerHttpOptions): (request: IncomingMessage, response: ServerResponse) => void {
  const { gatekeeper, limits, page, notReady, onFlood, onRefused, metrics } = options;
  const flooding = new WeakSet<Socket>();

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (!gatekeeper.hostAllowed(request)) throw new HttpError(421, HOST_REFUSED);
    const path = requestPath(request);
    const reads = request.method === 'GET' || request.method === 'HEAD';
    if (path === '/session' && !reads) return session(request, response);
    if (!reads) throw new HttpError(405, 'Expected GET or HEAD');
    const file = page.get(path);
    if (file) return sendFile(request, response, file);
    switch (path) {
      case '/session': {
        const renewed = gatekeeper.renewSession(request);
        if (renewed !== undefined) response.setHeader('Set-Cookie', renewed);
        return sendJson(response, 200, {
          authorised: gatekeeper.look(request) === 'yes',
          needsToken: gatekeeper.needsToken,
        });
      }
      case '/healthz':
        return sendText(response, 200, 'ok\n');
      case '/readyz': {
        const reason = notReady();
        return sendText(response, reason === undefined ? 200 : 503, `${reason ?? 'ready'}\n`);
      }
      case '/metrics': {
        demand(request, gatekeeper.admission(request), 'A valid token is needed');
        const { type, text } = await metrics();
        return sendText(response, 200, text, type);
      }
      default:
        throw new HttpError(404, 'There is nothing here');
    }
  };

  const demand = (request: IncomingMessage, admission: Admission, otherwise: string): void => {
    if (admission === 'yes') return;
    const reason = admission === 'wait' ? TOO_MANY_TOKENS : otherwise;
    onRefused(request, reason);
    throw new HttpError(admission === 'wait' ? 429 : 401, reason);
  };

  /** POST {token} starts a page's session, DELETE ends it. */
  const session = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    // Otherwise another site's page could guess tokens or log users out.
    if (!gatekeeper.originAllowed(request)) throw new HttpError(403, 'This origin is not allowed');
    if (request.method === 'DELETE') {
      response.setHeader('Set-Cookie', gatekeeper.endSession(request));
      return sendJson(response, 200, { authorised: !gatekeeper.needsToken });
    }
    if (request.method !== 'POST') throw new HttpError(405, 'Expected POST or DELETE');
    demand(request, gatekeeper.try(await readToken(request), request), 'This is not the token');
    response.setHeader('Set-Cookie', gatekeeper.startSession(request));
    sendJson(response, 200, { authorised: true });
  };

  return (request, response) => {
    const { socket } = request;
    const flood = limits.ask(request, request);
    // Pipelined with a request that was refused, after which the connection ends.
    if (flooding.has(socket)) return;
    if (flood !== undefined) {
      flooding.add(socket);
      onFlood(flood);
      socket.pause();
      response.writeHead(429, { Connection: 'close', 'Retry-After': 10 }).end('Too many requests\n');
      return;
    }
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
    answer(request, response).catch((error: unknown) => {
      if (response.headersSent) return response.destroy();
      // Unexpected errors are not explained to clients.
      const status = error instanceof HttpError ? error.status : 500;
      sendText(response, status, `${error instanceof HttpError ? error.message : 'The server failed'}\n`);
    });
  };
}

async function readToken(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MOST_BODY_BYTES) throw new HttpError(413, `Expected at most ${MOST_BODY_BYTES} bytes`);
    chunks.push(chunk);
  }
  try {
    const { token } = JSON.parse(Buffer.concat(chunks).toString()) as { token?: unknown };
    if (typeof token === 'string') return token;
  } catch {
    // Answered like JSON without a token.
  }
  throw new HttpError(400, 'Expected JSON: {"token": "..."}');
}

function sendFile(request: IncomingMessage, response: ServerResponse, file: PageFile): void {
  const zipped = takesGzip(request.headers['accept-encoding']) ? file.gzip : undefined;
  const { bytes, etag } = zipped ?? file.plain;
  response.setHeader('ETag', etag);
  response.setHeader('Cache-Control', 'no-cache');
  response.setHeader('Vary', 'Accept-Encoding');
  // Caches on the way may have made the tag a weak one.
  const known = (request.headers['if-none-match'] ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  if (known.includes(etag)) {
    response.writeHead(304).end();
    return;
  }
  if (zipped) response.setHeader('Content-Encoding', 'gzip');
  response.writeHead(200, { 'Content-Type': file.type, 'Content-Length': bytes.length });
  response.end(request.method === 'HEAD' ? undefined : bytes);
}

/** True if gzip is accepted with a weight other than 0. */
function takesGzip(accepted: string | readonly string[] = ''): boolean {
  return /(?:^|,)\s*gzip\s*(?:,|$|;\s*q=(?!0(?:\.0*)?\s*(?:,|$)))/i.test(String(accepted));
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  sendText(response, status, JSON.stringify(value), 'application/json');
}

function sendText(response: ServerResponse, status: number, text: string, type = 'text/plain; charset=utf-8'): void {
  response.writeHead(status, { 'Content-Type': type, 'Cache-Control': 'no-store' }).end(text);
}
