import type { IncomingMessage } from 'node:http';
import { type BlockList, isIP } from 'node:net';
import type { TLSSocket } from 'node:tls';

/** Finds the client of a request: the sender, or the address that a trusted proxy reports. */
export class TrustedProxies {
  readonly #subnets: BlockList;

  /** @param subnets The addresses of trusted proxies. */
  constructor(subnets: BlockList) {
    this.#subnets = subnets;
  }

  /** True for the address of a trusted proxy. */
  has(address: string | undefined): boolean {
    const family = isIP(address ?? '');
    return family !== 0 && this.#subnets.check(address!, family === 6 ? 'ipv6' : 'ipv4');
  }

  /**
   * The address that a request comes from. Each proxy appends its sender to `X-Forwarded-For`, so the header is read from its
   * end for as long as the addresses are trusted proxies. Everything before that, and anything that is not an address, may be
   * forged.
   */
  addressOf({ socket, headers }: IncomingMessage): string {
    let address = socket.remoteAddress ?? 'unknown';
    if (!this.has(address)) return address;
    // Node joins several headers into one.
    for (const heard of String(headers['x-forwarded-for'] ?? '')
      .split(',')
      .reverse()) {
      const before = parseAddress(heard.trim());
      if (before === undefined) break;
      address = before;
      if (!this.has(address)) break;
    }
    return address;
  }

  /** True if the client uses TLS, with the server itself or, by `X-Forwarded-Proto`, with a trusted proxy. */
  isSecure({ socket, headers }: IncomingMessage): boolean {
    const protocol = this.has(socket.remoteAddress) ? headers['x-forwarded-proto'] : undefined;
    // Traefik sends `wss` for WebSockets.
    if (protocol !== undefined) return /^(?:https|wss)\b/i.test(String(protocol));
    return (socket as Partial<TLSSocket>).encrypted === true;
  }
}

/** Parses an address, with or without a port (`192.0.2.7:4711`, `[2001:db8::7]:4711`); undefined for anything else, such as `unknown`. */
function parseAddress(text: string): string | undefined {
  const [, ip6, ip4] = /^(?:\[([^\]]*)\](?::\d+)?|([\d.]+):\d+)$/.exec(text) ?? [];
  // A zone has a meaning only for the proxy.
  const address = (ip6 ?? ip4 ?? text).split('%', 1)[0]!;
  return isIP(address) === 0 ? undefined : address;
}
