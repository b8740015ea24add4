import type { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { CutReason } from './metrics.js';
import { requestPath } from './request-path.js';
import { SubnetBuckets, SubnetCount } from './subnet.js';
import type { TrustedProxies } from './trusted-proxies.js';

/**
 * Requests per second of one address, for each client that it may have. A page load takes about ten requests and a few
 * connections, and all clients reconnect at once after the server was away.
 */
const REQUESTS_PER_SECOND = 5;
const REQUESTS_AT_ONCE = 50;
/** A separate budget, so that health probes from a busy address still succeed. */
const PROBES_PER_SECOND = 1;
const PROBES_AT_ONCE = 10;
const PROBES = ['/healthz', '/readyz'];
/** A flood that fills a connection's buffers before it is cut is expensive, so it counts as this many requests. */
const REQUESTS_OF_A_FLOOD = 100;

/** Limits each address's open connections and requests. An address that exceeds its limits affects no other. */
export class AddressLimits {
  readonly #proxies: TrustedProxies;
  readonly #mostConnections: number;
  readonly #connections = new SubnetCount();
  readonly #requests: SubnetBuckets;
  readonly #probes: SubnetBuckets;

  /** @param clients The most clients from one address. */
  constructor(proxies: TrustedProxies, clients: number) {
    this.#proxies = proxies;
    this.#mostConnections = clients * 2;
    this.#requests = new SubnetBuckets(clients * REQUESTS_PER_SECOND, clients * REQUESTS_AT_ONCE);
    this.#probes = new SubnetBuckets(clients * PROBES_PER_SECOND, clients * PROBES_AT_ONCE);
  }

  /** Counts a connection while it is open. Returns a reason if it must be cut at once. */
  connect(connection: Socket): CutReason | undefined {
    const { remoteAddress } = connection;
    // A proxy's connections belong to many clients, so only their requests count.
    if (this.#proxies.has(remoteAddress)) return undefined;
    connection.once('close', this.#connections.add(remoteAddress));
    if (this.#connections.of(remoteAddress) > this.#mostConnections) return 'connections';
    // It may be a health probe.
    const budget = this.#requests.has(remoteAddress) ? this.#requests : this.#probes;
    if (!budget.has(remoteAddress)) return 'requests';
    budget.take(remoteAddress);
    return undefined;
  }

  /**
   * Counts a request. Returns a reason if it must not be answered.
   *
   * @param until Emits `close` at the end of the request.
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

  /** Counts a flood from an address on a closed connection. */
  flooded(address: string): void {
    this.#requests.take(address, REQUESTS_OF_A_FLOOD);
  }
}
