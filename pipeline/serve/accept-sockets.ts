import { type IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { CloseCode, SOCKET_PATH, SUBPROTOCOL } from '../client/protocol.js';
import type { AddressLimits } from './address-limits.js';
import { ClientSession, type Transport } from './client-session.js';
import { type Gatekeeper, HOST_REFUSED } from './gatekeeper.js';
import type { Hub } from './hub.js';
import type { Metrics } from './metrics.js';
import { requestPath } from './request-path.js';
import { SubnetCount } from './subnet.js';
import type { TrustedProxies } from './trusted-proxies.js';

/** Who is let in, and who hears of it. */
export interface AcceptSocketsOptions {
  readonly hub: Hub;
  readonly gatekeeper: Gatekeeper;
  readonly limits: AddressLimits;
  readonly proxies: TrustedProxies;
  readonly metrics: Pick<Metrics, 'refused' | 'cut'>;
  readonly maxClients: number;
  /** From one address. */
  readonly maxClientsPerAddress: number;
  /** Between pings; who answered none by the next is ended. @default 20_000 // 20 seconds */
  readonly heartbeatMs?: number;
  /** From connecting to the first message. @default 10_000 // 10 seconds */
  readonly helloTimeoutMs?: number;
  /** From our close to the other side's; then the connection is cut. @default 1_000 // 1 second */
  readonly closeTimeoutMs?: number;
  /** Hears of the connection of each client that is let in. */
  readonly onAdmitted?: (connection: Socket) => void;
  /** Hears of what was refused, closed or cut by the server. */
  readonly onClosed?: (address: string, code: number, reason: string) => void;
}

/** What a client may still send to a connection that was closed: acknowledgements under way. Who sends more is cut at once. */
const MOST_BYTES_AFTER_CLOSE = 16 * 1024;

/** The WebSocket side of a server. */
export interface Sockets {
  readonly clients: number;
  /** Waits until every connection is closed, at most `closeTimeoutMs`; the hub has told them before. */
  close(): Promise<void>;
}

/** Takes WebSocket upgrades of an HTTP server and gives each accepted connection a session of the hub. */
export function acceptSockets(server: Server, options: AcceptSocketsOptions): Sockets {
  const { hub, gatekeeper, limits, proxies, metrics, onClosed = () => {} } = options;
  const { maxClients, maxClientsPerAddress } = options;
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
    // Pings are answered below, as they are counted.
    autoPong: false,
  });
  const clients = new SubnetCount();
  const answering = new WeakSet<WebSocket>();
  const addresses = new WeakMap<WebSocket, string>();

  /** As `closeSoon`, and cuts the connection at once if the other side sends on. */
  const close = (socket: WebSocket, connection: Socket, address: string, code: number, reason: string): void => {
    closeSoon(socket, code, reason, closeTimeoutMs);
    const mostBytes = connection.bytesRead + MOST_BYTES_AFTER_CLOSE;
    const watch = (): void => {
      if (connection.bytesRead <= mostBytes) return;
      limits.flooded(address);
      metrics.cut('messages');
      connection.off('data', watch);
      socket.terminate();
    };
    connection.on('data', watch);
  };

  const refuse = (socket: WebSocket, connection: Socket, address: string, code: number, reason: string): void => {
    onClosed(address, code, reason);
    metrics.refused(code);
    socket.on('error', () => {});
    close(socket, connection, address, code, reason);
  };

  const admit = (socket: WebSocket, request: IncomingMessage): void => {
    const connection = request.socket;
    const address = proxies.addressOf(request);
    addresses.set(socket, address);
    const refusal = gatekeeper.judge(request);
    if (refusal) {
      refuse(socket, connection, address, refusal.code, refusal.reason);
      return;
    }
    if (hub.sessions.size >= maxClients) {
      refuse(socket, connection, address, CloseCode.limit, `At most ${maxClients} clients`);
      return;
    }
    if (clients.of(address) >= maxClientsPerAddress) {
      refuse(socket, connection, address, CloseCode.limit, `At most ${maxClientsPerAddress} clients from one address`);
      return;
    }
    const takeOff = clients.add(address);
    options.onAdmitted?.(connection);

    const transport: Transport = {
      send: (message) => socket.send(message),
      close(code, reason) {
        onClosed(address, code, reason);
        close(socket, connection, address, code, reason);
      },
      get bufferedBytes() {
        return socket.bufferedAmount;
      },
    };
    answering.add(socket);
    const session = new ClientSession(hub, transport);
    const silent = setTimeout(() => session.end(CloseCode.tooSlow, 'No message after hello'), helloTimeoutMs);
    silent.unref();
    const forgetSession = gatekeeper.onSessionEnd(request, () =>
      session.end(CloseCode.unauthorised, 'The session was ended'),
    );

    socket.on('message', (data: RawData, isBinary: boolean) => {
      clearTimeout(silent);
      if (isBinary) return session.end(CloseCode.badMessage, 'Expected text');
      session.receive(String(data));
    });
    socket.on('ping', (data) => {
      // Who reads nothing is answered nothing.
      if (session.count() && session.hasRoom) socket.pong(data);
    });
    socket.on('pong', () => {
      // The one that answers our ping is free.
      if (answering.has(socket)) session.count();
      else answering.add(socket);
    });
    // Broken framing, text that is not UTF-8, too large: `ws` has sent the code already, and looks at nothing more.
    socket.on('error', () => closeSoon(socket, CloseCode.internal, '', closeTimeoutMs));
    socket.on('close', () => {
      clearTimeout(silent);
      session.leave();
      forgetSession();
      takeOff();
    });
  };

  const upgrade = (request: IncomingMessage, connection: Duplex, head: Buffer): void => {
    connection.on('error', () => connection.destroy());
    // Node hands over all upgrades: others than ours (`h2c`) may be passed over, and the request is answered as any.
    if (request.headers.upgrade?.toLowerCase() !== 'websocket') {
      answerPlainly(server, request, connection as Socket);
      return;
    }
    const flood = limits.ask(request, connection);
    if (flood !== undefined) {
      metrics.cut(flood);
      refuseUpgrade(connection, '429 Too Many Requests');
      return;
    }
    if (!gatekeeper.hostAllowed(request)) {
      refuseUpgrade(connection, '421 Misdirected Request', `${HOST_REFUSED}\n`);
      return;
    }
    if (requestPath(request) !== SOCKET_PATH) {
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
      // Refused, or closing: who sees to that has a timer of his own.
      if (socket.readyState !== socket.OPEN) continue;
      if (answering.delete(socket)) socket.ping();
      else {
        metrics.cut('heartbeat');
        onClosed(addresses.get(socket) ?? 'unknown', 1006, 'It answered no ping');
        socket.terminate();
      }
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

/** Has a request answered on the connection that Node has taken off HTTP, and ends that. */
function answerPlainly(server: Server, request: IncomingMessage, connection: Socket): void {
  const { 'content-length': length = '0', 'transfer-encoding': encoding } = request.headers;
  if (length !== '0' || encoding !== undefined) {
    refuseUpgrade(connection, '400 Bad Request', 'Expected no body in a request with Upgrade\n');
    return;
  }
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(connection);
  response.once('finish', () => connection.destroySoon());
  connection.once('close', () => request.destroy());
  server.emit('request', request, response);
}

function refuseUpgrade(connection: Duplex, status: string, text = ''): void {
  // The other side may never close its half.
  connection.once('finish', () => connection.destroy());
  connection.end(
    `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${text.length}\r\n\r\n${text}`,
  );
}
