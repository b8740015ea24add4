/** Measures the rate of a counter over the last ten or so calls of `tick`. */
export class RateMeter {
  readonly #marks: { readonly at: number; readonly count: number }[] = [];
  #count = 0;

  add(count = 1): void {
    this.#count += count;
  }

  get total(): number {
    return this.#count;
  }

  /** Records the counter at a time, ms. */
  tick(at: number): void {
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
