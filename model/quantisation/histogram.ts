import type { Range } from '../calibration.js';

const BINS = 8192;

/** Counts values between `-limit` and `limit` in bins of equal width; the limit doubles when a value exceeds it. */
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

  /** The range that leaves out at most `100 - percent` per cent of the values on each side; 100 leaves out none. */
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
   * The range with the least squared error of 256 evenly spaced levels: rounding costs a twelfth of the squared step, a value
   * outside the range its squared distance (Sung, Shin and Hwang, 2015).
   */
  leastSquares(): Range {
    return this.#best((range) => this.#squares(range));
  }

  /**
   * The range with the least Kullback-Leibler divergence between the distribution of the values, clipped to the range, and that
   * distribution quantised to 256 levels (Migacz, 8-bit inference with TensorRT, 2017).
   */
  entropy(): Range {
    return this.#best((range) => this.#divergence(range));
  }

  /** The range with the least loss. Searches for its upper end first, then for its lower end. */
  #best(lossOf: (range: Range) => number): Range {
    const [low, high] = this.percentile(100);
    const search = (rangeOf: (share: number) => Range) => {
      let best = rangeOf(1);
      let least = lossOf(best);
      for (let share = 0.96; share > 0.1; share *= 0.96) {
        const loss = lossOf(rangeOf(share));
        if (loss < least) [best, least] = [rangeOf(share), loss];
      }
      return best;
    };
    const upper = search((share) => [low, high * share]);
    return search((share) => [low * share, upper[1]]);
  }

  #divergence([low, high]: Range): number {
    const width = (2 * this.#limit) / BINS;
    const first = Math.max(0, Math.floor((low + this.#limit) / width));
    const last = Math.min(BINS, Math.max(first + 1, Math.ceil((high + this.#limit) / width)));
    const kept = this.#counts.slice(first, last);
    // Zero has its own level, and after a ReLU it is half of all values.
    if (BINS / 2 >= first && BINS / 2 < last) kept[BINS / 2 - first] = 0;
    const levelOf = (bin: number) => Math.floor((bin * 256) / kept.length);
    const sums = new Float64Array(256);
    const used = new Float64Array(256);
    kept.forEach((count, bin) => {
      sums[levelOf(bin)]! += count;
      if (count > 0) used[levelOf(bin)]! += 1;
    });
    const sumOf = (counts: Float64Array) => counts.reduce((sum, count) => sum + count, 0);
    const inside = sumOf(kept);
    if (inside === 0) return 0;
    const cut = kept.slice();
    cut[0]! += sumOf(this.#counts.subarray(0, first));
    cut[cut.length - 1]! += sumOf(this.#counts.subarray(last));
    const total = sumOf(cut);
    let divergence = 0;
    cut.forEach((count, bin) => {
      if (count === 0) return;
      const level = levelOf(bin);
      // A level at the edge that holds only clipped values counts as rare as one value.
      const left = kept[bin]! > 0 ? sums[level]! / used[level]! : 1;
      divergence += (count / total) * Math.log(count / total / (left / inside));
    });
    return divergence;
  }

  #squares([low, high]: Range): number {
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
    // An exact zero is at a bin's lower edge, where the range of a ReLU begins.
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
