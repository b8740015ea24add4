import type { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { CutReason } from './metrics.js';
import { requestPath } from './request-path.js';
import { SubnetBuckets, SubnetCount } from './subnet.js';
import type { TrustedProxies } from './trusted-proxies.js';

/**
 * What one address may ask for, for each client that it may have: a page load takes some ten requests and a few connections, and all of
 * them come back at once when the server was away.
 */
const REQUESTS_PER_SECOND = 5;
const REQUESTS_AT_ONCE = 50;
/** Beside those, so that a busy address does not take its server's health probes along. */
const PROBES_PER_SECOND = 1;
const PROBES_AT_ONCE = 10;
const PROBES = ['/healthz', '/readyz'];
/** A flood that fills a connection's buffers before it is cut is dear: it counts as so many requests. */
const REQUESTS_OF_A_FLOOD = 100;

/** What each address may still do: hold connections open, and ask. Who goes beyond that keeps nobody out but himself. */
export class AddressLimits {
  readonly #proxies: TrustedProxies;
  readonly #mostConnections: number;
  readonly #connections = new SubnetCount();
  readonly #requests: SubnetBuckets;
  readonly #probes: SubnetBuckets;

  /** @param clients That one address may have. */
  constructor(proxies: TrustedProxies, clients: number) {
    this.#proxies = proxies;
    this.#mostConnections = clients * 2;
    this.#requests = new SubnetBuckets(clients * REQUESTS_PER_SECOND, clients * REQUESTS_AT_ONCE);
    this.#probes = new SubnetBuckets(clients * PROBES_PER_SECOND, clients * PROBES_AT_ONCE);
  }

  /** Counts a connection as long as it is open; says why it is to be cut, before it costs more, if it is. */
  connect(connection: Socket): CutReason | undefined {
    const { remoteAddress } = connection;
    // Those of a proxy are anybody's: what is asked on them counts instead.
    if (this.#proxies.has(remoteAddress)) return undefined;
    connection.once('close', this.#connections.add(remoteAddress));
    if (this.#connections.of(remoteAddress) > this.#mostConnections) return 'connections';
    // It may be a probe.
    const budget = this.#requests.has(remoteAddress) ? this.#requests : this.#probes;
    if (!budget.has(remoteAddress)) return 'requests';
    budget.take(remoteAddress);
    return undefined;
  }

  /**
   * Counts a request; says why it is not to be answered, if it is not.
   *
   * @param until Its `close` is the end of the request.
   */
  ask(request: IncomingMessage, until: EventEmitter): CutReason | undefined {
    const address = this.#proxies.addressOf(request);
    const budget = PROBES.includes(requestPath(request)) ? this.#probes : this.#requests;
    const isAllowed = budget.take(address);
    if (this.#proxies.has(request.socket.remoteAddress)) {
      until.once('close', this.#connections.add(address));
      if (this.#connections.of(address) > this.#mostConnections) return 'connections';
    }
    return isAllowed ? undefined : 'requests';
  }

  /** Counts what an address has sent to a connection that was closed. */
  flooded(address: string): void {
    this.#requests.take(address, REQUESTS_OF_A_FLOOD);
  }
}
