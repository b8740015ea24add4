/** Allows `perSecond` takes a second on average and `burst` at once. */
export class TokenBucket {
  readonly #perMs: number;
  readonly #burst: number;
  #tokens: number;
  #filledAt: number;

  /** @param now ms, by the clock that `take` will be given. */
  constructor(perSecond: number, burst: number, now: number) {
    this.#perMs = perSecond / 1000;
    this.#burst = burst;
    this.#tokens = burst;
    this.#filledAt = now;
  }

  /** True if one could be taken at `now`, ms. */
  has(now: number): boolean {
    this.#tokens = Math.min(this.#burst, this.#tokens + (now - this.#filledAt) * this.#perMs);
    this.#filledAt = now;
    return this.#tokens >= 1;
  }

  /** Takes back what turned out to cost nothing. */
  giveBack(): void {
    this.#tokens = Math.min(this.#burst, this.#tokens + 1);
  }

  /**
   * True if one may be taken at `now`, ms. What is taken beyond that is owed, at most another `burst`: who goes on is kept waiting.
   *
   * @param count Of tokens, for what costs more than one.
   */
  take(now: number, count = 1): boolean {
    const has = this.has(now);
    this.#tokens = Math.max(this.#tokens - count, -this.#burst);
    return has;
  }
}
