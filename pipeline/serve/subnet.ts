import { isIPv6 } from 'node:net';
import { serverNow } from './shown-frame.js';
import { TokenBucket } from './token-bucket.js';

/**
 * Identifies a machine for counting connections and guesses: the IPv4 address, or the first 64 bits of an IPv6 address, since a
 * machine can choose any address within them.
 */
export function subnetOf(address = 'unknown'): string {
  if (!isIPv6(address)) return address;
  // Each address has many spellings; a URL has one of them.
  const canonical = new URL(`http://[${address.split('%', 1)[0]}]`).hostname.slice(1, -1);
  const mapped = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/.exec(canonical);
  if (mapped) return mapped.slice(1).flatMap(bytesOf).join('.');
  const [left = [], right = []] = canonical.split('::').map((half) => (half === '' ? [] : half.split(':')));
  const zeros = Array<string>(8 - left.length - right.length).fill('0');
  return [...left, ...zeros, ...right].slice(0, 4).join(':');
}

/** The two bytes of a group of an IPv6 address. */
function bytesOf(group: string): [number, number] {
  const value = Number.parseInt(group, 16);
  return [value >> 8, value & 255];
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
