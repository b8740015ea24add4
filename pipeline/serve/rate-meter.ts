/** A tick that follows the one before it by more than this, ms, is late: the process was stopped, or the machine asleep. */
const LATE_MS = 5_000;

/** What has piled up meanwhile is over after this, ms. */
const CATCH_UP_MS = 3_000;

/**
 * Measures the rate of a counter over the last ten or so calls of `tick`, one a second. After a late tick it begins anew
 * once what has piled up is over, as neither the pause nor the pile tells a pace.
 */
export class RateMeter {
  readonly #marks: { readonly at: number; readonly count: number }[] = [];
  #count = 0;
  #beginsAt = Number.NEGATIVE_INFINITY;

  add(count = 1): void {
    this.#count += count;
  }

  get total(): number {
    return this.#count;
  }

  /** Records the counter at a time, ms. */
  tick(at: number): void {
    const last = this.#marks.at(-1);
    if (last && at - last.at > LATE_MS) this.#beginsAt = at + CATCH_UP_MS;
    if (at < this.#beginsAt) this.#marks.length = 0;
    this.#marks.push({ at, count: this.#count });
    if (this.#marks.length > 10) this.#marks.shift();
  }

  /** The rate per second, rounded to 0.1; 0 until there are two records. */
  get perSecond(): number {
    const first = this.#marks[0];
    const last = this.#marks.at(-1);
    if (!first || !last || last.at <= first.at) return 0;
    return Math.round(((last.count - first.count) / (last.at - first.at)) * 10_000) / 10;
  }
}
