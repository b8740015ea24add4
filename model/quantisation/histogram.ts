import type { Range } from './calibration.js';

const BINS = 8192;

/** Counts values between `-limit` and `limit` in bins of one width; the limit doubles when a value lies beyond it. */
export class Histogram {
  readonly #counts = new Float64Array(BINS);
  #limit = 1;
  #total = 0;

  add(values: Float32Array): void {
    let greatest = 0;
    for (let i = 0; i < values.length; i += 1) greatest = Math.max(greatest, Math.abs(values[i]!));
    if (!Number.isFinite(greatest)) throw new RangeError('Expected finite values, got an infinity or NaN');
    while (greatest > this.#limit) this.#double();
    const perUnit = BINS / 2 / this.#limit;
    for (let i = 0; i < values.length; i += 1) {
      this.#counts[Math.min(BINS - 1, Math.floor((values[i]! + this.#limit) * perUnit))]! += 1;
    }
    this.#total += values.length;
  }

  /** The range that leaves out as many values on each side as `percent` allows; 100 leaves out none. */
  percentile(percent: number): Range {
    const allowed = (this.#total * (100 - percent)) / 100;
    const end = (step: 1 | -1) => {
      let bin = step === 1 ? 0 : BINS - 1;
      for (let seen = this.#counts[bin]!; seen <= allowed && bin + step >= 0 && bin + step < BINS; ) {
        bin += step;
        seen += this.#counts[bin]!;
      }
      return bin;
    };
    return this.#rangeOf(end(1), end(-1));
  }

  /**
   * The range in which 256 evenly spaced bytes lose least: rounding costs a twelfth of a step squared, a value outside
   * its distance squared (Sung, Shin and Hwang, 2015).
   */
  leastSquares(): Range {
    const [low, high] = this.percentile(100);
    const upper = this.#leastLoss((share) => [low, high * share]);
    return this.#leastLoss((share) => [low * share, upper[1]]);
  }

  #leastLoss(rangeOf: (share: number) => Range): Range {
    let best = rangeOf(1);
    let least = this.#loss(best);
    for (let share = 0.96; share > 0.1; share *= 0.96) {
      const loss = this.#loss(rangeOf(share));
      if (loss < least) [best, least] = [rangeOf(share), loss];
    }
    return best;
  }

  #loss([low, high]: Range): number {
    const width = (2 * this.#limit) / BINS;
    const rounding = ((high - low) / 255) ** 2 / 12;
    let loss = 0;
    for (let bin = 0; bin < BINS; bin += 1) {
      const count = this.#counts[bin]!;
      if (count === 0) continue;
      const value = -this.#limit + (bin + 0.5) * width;
      const beyond = Math.max(0, low - value, value - high);
      loss += count * (beyond > width ? beyond ** 2 : rounding);
    }
    return loss;
  }

  #rangeOf(first: number, last: number): Range {
    const width = (2 * this.#limit) / BINS;
    // An exact zero lies at a bin's lower edge: a ReLU's range begins there.
    return [Math.min(0, -this.#limit + first * width), Math.max(0, -this.#limit + (last + 1) * width)];
  }

  #double(): void {
    const merged = new Float64Array(BINS);
    this.#counts.forEach((count, bin) => {
      merged[BINS / 4 + Math.floor(bin / 2)]! += count;
    });
    this.#counts.set(merged);
    this.#limit *= 2;
  }
}
