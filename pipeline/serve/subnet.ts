import { isIPv6 } from 'node:net';
import { serverNow } from './shown-frame.js';
import { TokenBucket } from './token-bucket.js';

/**
 * Identifies a machine for counting connections and guesses: the IPv4 address, or the first 64 bits of an IPv6 address, since a
 * machine can choose any address within them.
 */
export function subnetOf(address = 'unknown'): string {
  const ip4 = /^::ffff:([\d.]+)$/i.exec(address)?.[1];
  if (ip4 !== undefined || !isIPv6(address)) return ip4 ?? address;
  const [left = [], right = []] = address.split('::').map((half) => (half === '' ? [] : half.split(':')));
  const zeros = Array<string>(8 - left.length - right.length).fill('0');
  return [...left, ...zeros, ...right].slice(0, 4).join(':').toLowerCase();
}

/** Counts something per subnet; subnets with a count of zero are forgotten. */
export class SubnetCount {
  readonly #counts = new Map<string, number>();

  of(address: string | undefined): number {
    return this.#counts.get(subnetOf(address)) ?? 0;
  }

  /** Adds one to a subnet's count. Returns a function that subtracts it again. */
  add(address: string | undefined): () => void {
    const network = subnetOf(address);
    this.#counts.set(network, this.of(address) + 1);
    return () => {
      const left = this.#counts.get(network)! - 1;
      if (left > 0) this.#counts.set(network, left);
      else this.#counts.delete(network);
    };
  }
}

const MOST_SUBNETS = 10_000;

/** A token bucket for each recent subnet, so that one that takes too much affects no other. */
export class SubnetBuckets {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(perSecond: number, burst: number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
  }

  /** True if a token could be taken now. */
  has(address: string | undefined): boolean {
    return this.#buckets.get(subnetOf(address))?.has(serverNow()) ?? true;
  }

  /** Takes tokens, as `TokenBucket.take`. */
  take(address: string | undefined, count = 1): boolean {
    const now = serverNow();
    const network = subnetOf(address);
    const bucket = this.#buckets.get(network) ?? new TokenBucket(this.#perSecond, this.#burst, now);
    // The least recently used one is forgotten first.
    this.#buckets.delete(network);
    this.#buckets.set(network, bucket);
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > MOST_SUBNETS) this.#buckets.delete(oldest!);
    return bucket.take(now, count);
  }
}
