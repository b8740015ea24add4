/** Allows `perSecond` tokens per second on average and `burst` at once. */
export class TokenBucket {
  readonly #perMs: number;
  readonly #burst: number;
  #tokens: number;
  #filledAt: number;

  /** @param now Current time, ms, by the clock that `take` uses. */
  constructor(perSecond: number, burst: number, now: number) {
    this.#perMs = perSecond / 1000;
    this.#burst = burst;
    this.#tokens = burst;
    this.#filledAt = now;
  }

  /** True if a token could be taken at `now`, ms. */
  has(now: number): boolean {
    this.#tokens = Math.min(this.#burst, this.#tokens + (now - this.#filledAt) * this.#perMs);
    this.#filledAt = now;
    return this.#tokens >= 1;
  }

  /** Gives back a token that was taken for something that costs nothing. */
  giveBack(): void {
    this.#tokens = Math.min(this.#burst, this.#tokens + 1);
  }

  /**
   * Takes tokens at `now`, ms; returns true if there were enough. Tokens taken beyond that become a debt of at most another
   * `burst`, so that a client that keeps trying has to wait.
   *
   * @param count The number of tokens.
   */
  take(now: number, count = 1): boolean {
    const has = this.has(now);
    this.#tokens = Math.max(this.#tokens - count, -this.#burst);
    return has;
  }
}
