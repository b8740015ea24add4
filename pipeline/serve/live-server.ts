import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, isIP } from 'node:net';
import { Failure } from '../../model/failure.js';
import { CloseCode, TOKEN_FORM } from '../client/protocol.js';
import { parseSubnets } from '../options/subnets.js';
import { type AcceptSocketsOptions, acceptSockets } from './accept-sockets.js';
import { AddressLimits } from './address-limits.js';
import { answerHttp } from './answer-http.js';
import { Gatekeeper } from './gatekeeper.js';
import { Hub, type HubOptions } from './hub.js';
import { limitConnections } from './limit-connections.js';
import { createMetrics } from './metrics.js';
import { loadPage } from './page.js';
import { TrustedProxies } from './trusted-proxies.js';

/** Options of a server: its address, and who may connect. */
export interface LiveServerOptions
  extends Omit<HubOptions, 'observer'>,
    Omit<AcceptSocketsOptions, 'hub' | 'gatekeeper' | 'limits' | 'proxies' | 'metrics' | 'onAdmitted'> {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** At least 16 characters; required to listen on other than loopback addresses. */
  readonly token?: string;
  /** Certificate and key in PEM format. */
  readonly tls?: { readonly cert: string | Buffer; readonly key: string | Buffer };
  /** @default [] */
  readonly allowedOrigins?: readonly string[];
  /** @default [] */
  readonly allowedHosts?: readonly string[];
  /** Addresses and subnets of proxies whose forwarding headers are trusted. @default [] */
  readonly trustedProxies?: readonly string[];
  /** Returns why the server is not ready, or undefined if it is. By default it is ready at once. */
  readonly notReady?: () => string | undefined;
  /** The folder of the built page. Defaults to the package's own. */
  readonly pageFolder?: string;
}

/** A listening server. */
export interface LiveServer {
  readonly hub: Hub;
  /** The URL of the page, `http://127.0.0.1:8080/`. */
  readonly url: string;
  readonly port: number;
  /**
   * Sends every client the reason, closes all connections and stops listening. Safe to call twice.
   *
   * @param isOver True if clients should not reconnect.
   */
  close(reason: string, isOver?: boolean): Promise<void>;
}

const SHORTEST_TOKEN = 16;

/**
 * Listens for viewers and programs, as `PROTOCOL.md` describes.
 *
 * @throws `Failure` `OPTION_INVALID` for a short token; `TOKEN_NEEDED` for a public address without one; `PORT_TAKEN`,
 * `ADDRESS_UNUSABLE`, `TLS_INVALID`, `PAGE_MISSING`.
 */
export async function openLiveServer(options: LiveServerOptions): Promise<LiveServer> {
  const { host, port, token, tls, allowedOrigins = [], allowedHosts = [] } = options;
  checkAdmission(host, token);
  const page = await loadPage(options.pageFolder);
  const proxies = new TrustedProxies(parseSubnets('trustedProxies', options.trustedProxies ?? []));
  const gatekeeper = new Gatekeeper({
    ...(token === undefined ? {} : { token }),
    allowedOrigins: allowedOrigins.map((origin) => origin.toLowerCase()),
    allowedHosts: allowedHosts.map((name) => name.toLowerCase()),
    proxies,
  });
  const limits = new AddressLimits(proxies, options.maxClientsPerAddress);
  const metrics = createMetrics(() => sockets.clients);
  const listener = answerHttp({
    gatekeeper,
    limits,
    page,
    onFlood: metrics.cut,
    onRefused(request, reason) {
      metrics.refused(CloseCode.unauthorised);
      options.onClosed?.(proxies.addressOf(request), CloseCode.unauthorised, reason);
    },
    metrics: metrics.text,
    notReady: options.notReady ?? (() => undefined),
  });
  const connectionLimits = {
    maxHeaderSize: 16 * 1024,
    headersTimeout: 10_000,
    requestTimeout: 15_000,
    // How often these timeouts are checked; Node's default is every half minute.
    connectionsCheckingInterval: 2_000,
    keepAliveTimeout: 5_000,
    handshakeTimeout: 10_000,
  };
  const server = tls ? createTls(tls, connectionLimits, listener) : createHttpServer(connectionLimits, listener);
  // Ends connections that request the page and do not read it. WebSockets have a heartbeat instead.
  server.timeout = 10_000;
  const most = options.maxClients * 2;
  const onFull = () =>
    options.onClosed?.('all addresses', 1006, `All ${most} connections were taken: the oldest was cut`);
  // It has a timer, so it is made once nothing can be wrong with the options.
  const hub = new Hub({ ...options, observer: metrics.observer });
  const connections = limitConnections(server, { limits, most, onCut: metrics.cut, onFull });
  const onAdmitted = connections.keep;
  const sockets = acceptSockets(server, { ...options, hub, gatekeeper, limits, proxies, metrics, onAdmitted });
  try {
    await listen(server, port, host);
  } catch (error) {
    hub.close('It could not listen');
    await sockets.close();
    throw error;
  }

  // Such as a connection that could not be accepted for want of memory.
  server.on('error', ({ message }) =>
    options.onClosed?.('an unknown address', 1006, `It was not accepted: ${message}`),
  );

  const bound = (server.address() as AddressInfo).port;
  const shown = isIP(host) === 6 ? `[${host}]` : host;
  let closing: Promise<void> | undefined;
  return {
    hub,
    port: bound,
    url: `${tls ? 'https' : 'http'}://${shown}:${bound}/`,
    close(reason, isOver) {
      closing ??= (async () => {
        const stopped = new Promise<void>((resolve) => server.close(() => resolve()));
        hub.close(reason, isOver);
        await sockets.close();
        server.closeAllConnections();
        // Connections in a TLS handshake are no HTTP connections yet.
        for (const connection of connections.open) connection.destroy();
        await stopped;
      })();
      return closing;
    },
  };
}

/**
 * Checks that there is a token where one is needed.
 *
 * @throws `Failure` `OPTION_INVALID` for a short token; `TOKEN_NEEDED` for an address that other machines can reach, without
 * one.
 */
export function checkAdmission(host: string, token: string | undefined): void {
  if (token !== undefined && token.length < SHORTEST_TOKEN) {
    throw new Failure(
      'OPTION_INVALID',
      `Expected the token to have at least ${SHORTEST_TOKEN} characters, got ${token.length}`,
    );
  }
  if (token !== undefined && !TOKEN_FORM.test(token)) {
    throw new Failure(
      'OPTION_INVALID',
      'Expected the token to be of letters, digits and signs of ASCII, as HTTP headers are, got others or a space at an end',
    );
  }
  if (token === undefined && !isLoopback(host)) {
    throw new Failure(
      'TOKEN_NEEDED',
      `Listening on ${host} lets other machines in, which needs a token: set SEGNET_STREAM_TOKEN or --token-file, or listen on 127.0.0.1`,
    );
  }
}

function createTls(
  tls: NonNullable<LiveServerOptions['tls']>,
  limits: object,
  listener: Parameters<typeof createHttpServer>[1],
): Server {
  try {
    return createHttpsServer({ ...tls, ...limits, minVersion: 'TLSv1.2' }, listener);
  } catch (cause) {
    throw new Failure('TLS_INVALID', 'Expected --tls-cert and --tls-key to be a PEM certificate and its key', {
      cause,
    });
  }
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const refuse = (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') {
        return reject(
          new Failure('PORT_TAKEN', `Port ${port} on ${host} is in use: choose another by --port`, { cause: error }),
        );
      }
      reject(
        new Failure(
          'ADDRESS_UNUSABLE',
          `Expected --host and --port to be an address of this machine, got ${host}:${port} (${error.code})`,
          { cause: error },
        ),
      );
    };
    server.once('error', refuse);
    server.listen(port, host, () => {
      server.off('error', refuse);
      resolve();
    });
  });
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);
}
