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

/** Limits and callbacks of WebSocket connections. */
export interface AcceptSocketsOptions {
  readonly hub: Hub;
  readonly gatekeeper: Gatekeeper;
  readonly limits: AddressLimits;
  readonly proxies: TrustedProxies;
  readonly metrics: Pick<Metrics, 'refused' | 'cut'>;
  readonly maxClients: number;
  /** The most clients from one address. */
  readonly maxClientsPerAddress: number;
  /** Interval of pings; a client that has not answered by the next one is disconnected. @default 20_000 // 20 seconds */
  readonly heartbeatMs?: number;
  /** Longest time from connecting to the first message. @default 10_000 // 10 seconds */
  readonly helloTimeoutMs?: number;
  /** Longest time from the server's close frame to the client's; then the connection is cut. @default 1_000 // 1 second */
  readonly closeTimeoutMs?: number;
  /** Called with the connection of each client that is admitted. */
  readonly onAdmitted?: (connection: Socket) => void;
  /** Called for each connection that the server refused, closed or cut. */
  readonly onClosed?: (address: string, code: number, reason: string) => void;
}

/** The most bytes a client may send after a close, for acknowledgements on their way. A client that sends more is cut at once. */
const MOST_BYTES_AFTER_CLOSE = 16 * 1024;

/** The WebSocket side of a server. */
export interface Sockets {
  readonly clients: number;
  /** Waits until every connection is closed, at most `closeTimeoutMs`. The hub sends the close frames before. */
  close(): Promise<void>;
}

/** Accepts WebSocket upgrades of an HTTP server and creates a session of the hub for each accepted connection. */
export function acceptSockets(server: Server, options: AcceptSocketsOptions): Sockets {
  const { hub, gatekeeper, limits, proxies, metrics, onClosed = () => {} } = options;
  const { maxClients, maxClientsPerAddress } = options;
  const { heartbeatMs = 20_000, helloTimeoutMs = 10_000, closeTimeoutMs = 1_000 } = options;
  const sockets = new WebSocketServer({
    noServer: true,
    // Parts are already compressed, and zlib's windows fragment memory.
    perMessageDeflate: false,
    maxPayload: hub.limits.messageBytes,
    // Valid messages are single frames of a few bytes; every fragment of a message costs memory.
    maxFragments: 16,
    // Browsers reject a connection if the server accepts none of the subprotocols that they offered.
    handleProtocols: () => SUBPROTOCOL,
    clientTracking: true,
    // Pings are answered below, where they are counted.
    autoPong: false,
  });
  const clients = new SubnetCount();
  const answering = new WeakSet<WebSocket>();
  const addresses = new WeakMap<WebSocket, string>();

  /** As `closeSoon`, but cuts the connection at once if the client keeps sending. */
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
      // A client that does not read gets no answers.
      if (session.count() && session.hasRoom) socket.pong(data);
    });
    socket.on('pong', () => {
      // The pong that answers the server's ping does not count.
      if (answering.has(socket)) session.count();
      else answering.add(socket);
    });
    // After broken framing, invalid UTF-8 or a message that is too large, `ws` has already sent the code and ignores everything else.
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
    // Node passes on all upgrades. Others than WebSocket (`h2c`) may be ignored, and the request is answered like any other.
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
      // Refused or closing connections have their own timer.
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

/** Closes a connection, and cuts it if the client does not close it too. */
function closeSoon(socket: WebSocket, code: number, reason: string, timeoutMs: number): void {
  socket.close(code, reason);
  const cut = setTimeout(() => socket.terminate(), timeoutMs);
  cut.unref();
  socket.once('close', () => clearTimeout(cut));
}

/** Answers a request on a connection that Node has detached from HTTP, and ends the connection. */
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
  // The client may never close its half.
  connection.once('finish', () => connection.destroy());
  connection.end(
    `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${text.length}\r\n\r\n${text}`,
  );
}
