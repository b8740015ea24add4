import { type Percentiles, percentilesOf } from '../client/percentiles.js';

/** The latest `capacity` values, for percentiles of the recent past. */
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

  /** Percentiles rounded to 0.01; zeros without values. */
  percentiles(): Percentiles {
    const kept = this.#values.slice(0, Math.min(this.#count, this.#values.length)).sort();
    return percentilesOf(kept.map((value) => Math.round(value * 100) / 100)) ?? { p50: 0, p95: 0, p99: 0 };
  }
}
