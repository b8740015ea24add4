import { isIPv6 } from 'node:net';

/**
 * What stands for one machine when connections and guesses are counted: its IPv4 address, or of IPv6 the first 64 bits, since a
 * machine can give itself any of the addresses in them.
 */
export function networkOf(address = 'unknown'): string {
  const ip4 = /^::ffff:([\d.]+)$/i.exec(address)?.[1];
  if (ip4 !== undefined || !isIPv6(address)) return ip4 ?? address;
  const [left = [], right = []] = address.split('::').map((half) => (half === '' ? [] : half.split(':')));
  const zeros = Array<string>(8 - left.length - right.length).fill('0');
  return [...left, ...zeros, ...right].slice(0, 4).join(':').toLowerCase();
}

/** How many of something each network holds; networks that hold none are forgotten. */
export class NetworkCount {
  readonly #counts = new Map<string, number>();

  of(address: string | undefined): number {
    return this.#counts.get(networkOf(address)) ?? 0;
  }

  /** Counts one more of a network; gives what takes it off again. */
  add(address: string | undefined): () => void {
    const network = networkOf(address);
    this.#counts.set(network, this.of(address) + 1);
    return () => {
      const left = this.#counts.get(network)! - 1;
      if (left > 0) this.#counts.set(network, left);
      else this.#counts.delete(network);
    };
  }
}
