/** Percentiles of durations, ms: 50 %, 95 % and 99 % of them took at most this. */
export interface Percentiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** Percentiles of values in ascending order, each of them one of the values; undefined without values. */
export function percentilesOf(sorted: ArrayLike<number>): Percentiles | undefined {
  if (sorted.length === 0) return undefined;
  const at = (percent: number) => sorted[Math.ceil((percent * sorted.length) / 100) - 1]!;
  return { p50: at(50), p95: at(95), p99: at(99) };
}
