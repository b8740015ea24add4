import type { IncomingMessage } from 'node:http';
import { type BlockList, isIP } from 'node:net';
import type { TLSSocket } from 'node:tls';

/** Says whose a request is: who sent it, or where that is a trusted proxy, who the proxy says it was. */
export class TrustedProxies {
  readonly #subnets: BlockList;

  /** @param subnets Where proxies are whose word is taken. */
  constructor(subnets: BlockList) {
    this.#subnets = subnets;
  }

  /** True for the address of a proxy whose word is taken. */
  has(address: string | undefined): boolean {
    const family = isIP(address ?? '');
    return family !== 0 && this.#subnets.check(address!, family === 6 ? 'ipv6' : 'ipv4');
  }

  /**
   * The address that a request comes from. Each proxy writes who it heard at the end of `X-Forwarded-For`: from there on it is believed as
   * far as those that wrote it are trusted. What is before that, or no address, anybody may have written.
   */
  addressOf({ socket, headers }: IncomingMessage): string {
    let address = socket.remoteAddress ?? 'unknown';
    if (!this.has(address)) return address;
    // Of several headers Node makes one.
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

  /** True where the client speaks TLS: with the server itself, or by `X-Forwarded-Proto` with a trusted proxy. */
  isSecure({ socket, headers }: IncomingMessage): boolean {
    const protocol = this.has(socket.remoteAddress) ? headers['x-forwarded-proto'] : undefined;
    // Traefik says `wss` of WebSockets.
    if (protocol !== undefined) return /^(?:https|wss)\b/i.test(String(protocol));
    return (socket as Partial<TLSSocket>).encrypted === true;
  }
}

/** Some proxies write `192.0.2.7:4711` or `[2001:db8::7]:4711`; undefined for what is no address, as `unknown`. */
function parseAddress(text: string): string | undefined {
  const [, ip6, ip4] = /^(?:\[([^\]]*)\](?::\d+)?|([\d.]+):\d+)$/.exec(text) ?? [];
  // A zone is the proxy's own affair.
  const address = (ip6 ?? ip4 ?? text).split('%', 1)[0]!;
  return isIP(address) === 0 ? undefined : address;
}
