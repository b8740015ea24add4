import { BEARER_SUBPROTOCOL_PREFIX, SUBPROTOCOL } from './protocol.js';

/** A socket's error event in Node and browsers. */
export interface SocketError {
  readonly message?: string;
  readonly error?: { readonly code?: string };
}

/** The part of a WebSocket that the client uses, common to browsers and `ws`. */
export interface Socket {
  binaryType: string;
  readonly readyState: number;
  send(data: string): void;
  close(code?: number, reason?: string): void;
  /** Cuts the connection; absent in browsers, which do so by themselves. */
  terminate?(): void;
  addEventListener(type: 'open', listener: () => void): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: 'close', listener: (event: { readonly code: number; readonly reason: string }) => void): void;
  /** In Node the event has the error; browsers do not reveal it. */
  addEventListener(type: 'error', listener: (event: SocketError) => void): void;
}

const inBrowser =
  typeof document !== 'undefined' ||
  typeof (globalThis as { WorkerGlobalScope?: unknown }).WorkerGlobalScope !== 'undefined';

/** There is no WebSocket here, so trying again is useless: `ws` could not be loaded. */
export class SocketMissing extends Error {
  constructor(cause: unknown) {
    super(
      `Could not load the package ws: ${cause instanceof Error ? cause.message : cause}. Bundlers have to leave it out`,
      {
        cause,
      },
    );
    this.name = 'SocketMissing';
  }
}

/**
 * Opens a WebSocket: with the browser's class, or with `ws` in Node, where version 20 has none and later ones cannot send
 * headers. A token is sent in a header, or as a subprotocol where headers cannot be set.
 *
 * @throws `SocketMissing`.
 */
export async function openSocket(url: string, token: string | undefined): Promise<Socket> {
  if (inBrowser) {
    const bearer = token === undefined ? [] : [BEARER_SUBPROTOCOL_PREFIX + base64url(token)];
    return new WebSocket(url, [SUBPROTOCOL, ...bearer]) as unknown as Socket;
  }
  const { default: NodeWebSocket } = await import('ws').catch((error: unknown) => {
    throw new SocketMissing(error);
  });
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return new NodeWebSocket(url, SUBPROTOCOL, { headers, perMessageDeflate: false }) as unknown as Socket;
}

function base64url(text: string): string {
  const bytes = new TextEncoder().encode(text);
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}
