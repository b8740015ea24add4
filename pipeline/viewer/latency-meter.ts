import { type Percentiles, percentilesOf } from '../client/percentiles.js';

/** What the page knows of its own speed: ages of frames when drawn, frames drawn and skipped. */
export class LatencyMeter {
  #recent: { readonly at: number; readonly ageMs: number }[] = [];
  #skipped = 0;
  #firstAt: number | undefined;

  /** @param ageMs From capture to the drawing; undefined while the server's clock is not known. */
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

  /** Over the last `windowMs`; percentiles are undefined where no age is known. */
  read(now: number, windowMs: number): { readonly fps: number; readonly ageMs: Percentiles | undefined } {
    this.#recent = this.#recent.filter((frame) => now - frame.at < 30_000);
    const frames = this.#recent.filter((frame) => now - frame.at < windowMs);
    const ages = frames
      .map((frame) => frame.ageMs)
      .filter((age) => !Number.isNaN(age))
      .sort((a, b) => a - b);
    // In the first seconds there is less to divide by.
    const sinceMs = Math.min(windowMs, Math.max(now - (this.#firstAt ?? now), 1));
    return { fps: (frames.length * 1000) / sinceMs, ageMs: percentilesOf(ages) };
  }
}
