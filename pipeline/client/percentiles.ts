/** Percentiles of durations, ms: 50 %, 95 % and 99 % of them took at most this. */
export interface Percentiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** Percentiles of values in ascending order, each of them one of the values; undefined without values. */
export function percentilesOf(sorted: ArrayLike<number>): Percentiles | undefined {
  if (sorted.length === 0) return undefined;
  const at = (share: number) => sorted[Math.min(Math.floor(share * sorted.length), sorted.length - 1)]!;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}
