import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { CloseCode, SOCKET_PATH, SUBPROTOCOL } from '../client/protocol.js';
import { ClientSession, type Transport } from './client-session.js';
import { type Gatekeeper, HOST_REFUSED } from './gatekeeper.js';
import type { Hub } from './hub.js';
import { NetworkCount } from './network-of.js';

/** Who is let in, and who hears of it. */
export interface AcceptSocketsOptions {
  readonly hub: Hub;
  readonly gatekeeper: Gatekeeper;
  /** @default 100 */
  readonly maxClients?: number;
  /** From one address. @default 20 */
  readonly maxClientsPerAddress?: number;
  /** Between pings; who answered none by the next is ended. @default 20_000 // 20 seconds */
  readonly heartbeatMs?: number;
  /** From connecting to the first message. @default 10_000 // 10 seconds */
  readonly helloTimeoutMs?: number;
  /** From our close to the other side's; then the connection is cut. @default 1_000 // 1 second */
  readonly closeTimeoutMs?: number;
  /** Hears of what was refused or closed by the server. */
  readonly onClosed?: (address: string, code: number, reason: string) => void;
}

/** How many clients there may be at a time. */
export const DEFAULT_MAX_CLIENTS = 100;
/** How many of them may come from one address. */
export const DEFAULT_MAX_CLIENTS_PER_ADDRESS = 20;

/** The WebSocket side of a server. */
export interface Sockets {
  readonly clients: number;
  /** Waits until every connection is closed, at most `closeTimeoutMs`; the hub has told them before. */
  close(): Promise<void>;
}

/** Takes WebSocket upgrades of an HTTP server and gives each accepted connection a session of the hub. */
export function acceptSockets(server: Server, options: AcceptSocketsOptions): Sockets {
  const { hub, gatekeeper, onClosed = () => {} } = options;
  const { maxClients = DEFAULT_MAX_CLIENTS, maxClientsPerAddress = DEFAULT_MAX_CLIENTS_PER_ADDRESS } = options;
  const { heartbeatMs = 20_000, helloTimeoutMs = 10_000, closeTimeoutMs = 1_000 } = options;
  const sockets = new WebSocketServer({
    noServer: true,
    // Parts are compressed already, and zlib's windows fragment memory.
    perMessageDeflate: false,
    maxPayload: hub.limits.messageBytes,
    // Ours are single frames of a few bytes; a message of many fragments costs memory for each.
    maxFragments: 16,
    // Browsers accept no connection whose offered subprotocols the server all passed over.
    handleProtocols: () => SUBPROTOCOL,
    clientTracking: true,
  });
  const clients = new NetworkCount();
  const answering = new WeakSet<WebSocket>();

  const refuse = (socket: WebSocket, address: string, code: number, reason: string): void => {
    onClosed(address, code, reason);
    socket.on('error', () => {});
    closeSoon(socket, code, reason, closeTimeoutMs);
  };

  const admit = (socket: WebSocket, request: IncomingMessage): void => {
    const address = request.socket.remoteAddress ?? 'unknown';
    const refusal = gatekeeper.judge(request);
    if (refusal) {
      refuse(socket, address, refusal.code, refusal.reason);
      return;
    }
    if (hub.sessions.size >= maxClients) {
      refuse(socket, address, CloseCode.limit, `At most ${maxClients} clients`);
      return;
    }
    if (clients.of(address) >= maxClientsPerAddress) {
      refuse(socket, address, CloseCode.limit, `At most ${maxClientsPerAddress} clients from one address`);
      return;
    }
    const takeOff = clients.add(address);

    const transport: Transport = {
      send: (message) => socket.send(message),
      close(code, reason) {
        onClosed(address, code, reason);
        closeSoon(socket, code, reason, closeTimeoutMs);
      },
      get bufferedBytes() {
        return socket.bufferedAmount;
      },
    };
    answering.add(socket);
    const session = new ClientSession(hub, transport);
    const silent = setTimeout(() => session.end(CloseCode.limit, 'No message after hello'), helloTimeoutMs);
    silent.unref();

    socket.on('message', (data: RawData, isBinary: boolean) => {
      clearTimeout(silent);
      if (isBinary) return session.end(CloseCode.badMessage, 'Expected text');
      session.receive(String(data));
    });
    socket.on('pong', () => answering.add(socket));
    // Broken framing, text that is not UTF-8, too large: `ws` has sent the code already.
    socket.on('error', () => closeSoon(socket, CloseCode.internal, '', closeTimeoutMs));
    socket.on('close', () => {
      clearTimeout(silent);
      session.leave();
      takeOff();
    });
  };

  const upgrade = (request: IncomingMessage, connection: Duplex, head: Buffer): void => {
    connection.on('error', () => connection.destroy());
    if (!gatekeeper.hostAllowed(request)) {
      refuseUpgrade(connection, '421 Misdirected Request', `${HOST_REFUSED}\n`);
      return;
    }
    if (request.url?.split('?', 1)[0] !== SOCKET_PATH) {
      refuseUpgrade(connection, '404 Not Found');
      return;
    }
    const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
    if (!offered.includes(SUBPROTOCOL)) {
      refuseUpgrade(connection, '400 Bad Request', `Expected the subprotocol ${SUBPROTOCOL}\n`);
      return;
    }
    sockets.handleUpgrade(request, connection, head, (socket) => admit(socket, request));
  };
  server.on('upgrade', upgrade);

  const heartbeat = setInterval(() => {
    for (const socket of sockets.clients) {
      if (!answering.delete(socket)) socket.terminate();
      else socket.ping();
    }
  }, heartbeatMs);
  heartbeat.unref();

  return {
    get clients() {
      return sockets.clients.size;
    },
    close() {
      clearInterval(heartbeat);
      server.off('upgrade', upgrade);
      return new Promise((resolve) => sockets.close(() => resolve()));
    },
  };
}

/** Closes a connection and cuts it if the other side does not close it too. */
function closeSoon(socket: WebSocket, code: number, reason: string, timeoutMs: number): void {
  socket.close(code, reason);
  const cut = setTimeout(() => socket.terminate(), timeoutMs);
  cut.unref();
  socket.once('close', () => clearTimeout(cut));
}

function refuseUpgrade(connection: Duplex, status: string, text = ''): void {
  // The other side may never close its half.
  connection.once('finish', () => connection.destroy());
  connection.end(
    `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${text.length}\r\n\r\n${text}`,
  );
}
