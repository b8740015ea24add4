import type { Percentiles } from '../client/protocol.js';

/** The latest `capacity` values of something, for percentiles of what is, not of all that ever was. */
export class RollingSample {
  readonly #values: Float64Array;
  #count = 0;

  constructor(capacity = 256) {
    this.#values = new Float64Array(capacity);
  }

  add(value: number): void {
    this.#values[this.#count % this.#values.length] = value;
    this.#count += 1;
  }

  /** Zeros while there is no value; rounded to 0.01. */
  percentiles(): Percentiles {
    const kept = this.#values.slice(0, Math.min(this.#count, this.#values.length)).sort();
    const at = (share: number): number => {
      const value = kept[Math.min(Math.floor(share * kept.length), kept.length - 1)] ?? 0;
      return Math.round(value * 100) / 100;
    };
    return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
  }
}
