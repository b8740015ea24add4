import { type Percentiles, percentilesOf } from '../client/percentiles.js';

/** Measures the page: the ages of frames when drawn, and frames drawn and skipped. */
export class LatencyMeter {
  #recent: { readonly at: number; readonly ageMs: number }[] = [];
  #skipped = 0;
  #firstAt: number | undefined;

  /** @param ageMs From capture to drawing; undefined while the server's clock is unknown. */
  drawn(at: number, ageMs: number | undefined, skipped: number): void {
    this.#firstAt ??= at;
    this.#recent.push({ at, ageMs: ageMs ?? Number.NaN });
    this.#skipped += skipped;
  }

  clear(): void {
    this.#recent = [];
    this.#skipped = 0;
    this.#firstAt = undefined;
  }

  get skipped(): number {
    return this.#skipped;
  }

  /** The values over the last `windowMs`; percentiles are undefined if no age is known. */
  read(now: number, windowMs: number): { readonly fps: number; readonly ageMs: Percentiles | undefined } {
    this.#recent = this.#recent.filter((frame) => now - frame.at < 30_000);
    const frames = this.#recent.filter((frame) => now - frame.at < windowMs);
    const ages = frames
      .map((frame) => frame.ageMs)
      .filter((age) => !Number.isNaN(age))
      .sort((a, b) => a - b);
    // In the first seconds the period is shorter than the window.
    const sinceMs = Math.min(windowMs, Math.max(now - (this.#firstAt ?? now), 1));
    return { fps: (frames.length * 1000) / sinceMs, ageMs: percentilesOf(ages) };
  }
}
