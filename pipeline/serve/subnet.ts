import { isIPv6 } from 'node:net';
import { serverNow } from './shown-frame.js';
import { TokenBucket } from './token-bucket.js';

/**
 * What stands for one machine when connections and guesses are counted: its IPv4 address, or of IPv6 the first 64 bits, since a
 * machine can give itself any of the addresses in them.
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

/** How many of something each network holds; networks that hold none are forgotten. */
export class SubnetCount {
  readonly #counts = new Map<string, number>();

  of(address: string | undefined): number {
    return this.#counts.get(subnetOf(address)) ?? 0;
  }

  /** Counts one more of a network; gives what takes it off again. */
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

/** A token bucket for each network of late: who takes too much keeps nobody out but himself. */
export class SubnetBuckets {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(perSecond: number, burst: number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
  }

  /** True if one could be taken now. */
  has(address: string | undefined): boolean {
    return this.#buckets.get(subnetOf(address))?.has(serverNow()) ?? true;
  }

  /** As `take` of a token bucket. */
  take(address: string | undefined, count = 1): boolean {
    const now = serverNow();
    const network = subnetOf(address);
    const bucket = this.#buckets.get(network) ?? new TokenBucket(this.#perSecond, this.#burst, now);
    // The one that took longest ago is forgotten first.
    this.#buckets.delete(network);
    this.#buckets.set(network, bucket);
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > MOST_SUBNETS) this.#buckets.delete(oldest!);
    return bucket.take(now, count);
  }
}
