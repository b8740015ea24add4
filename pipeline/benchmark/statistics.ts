/** The summary of repeated measurements. */
export interface Spread {
  readonly runs: number;
  readonly median: number;
  /** 95 % of the measurements are at most this. */
  readonly p95: number;
  readonly least: number;
}

/**
 * The value below which a share of the measurements lies, interpolated between neighbours (type 7 of Hyndman and Fan, 1996, as
 * in NumPy).
 *
 * @throws `TypeError` without measurements or for a share outside 0 to 1.
 */
export function quantile(measurements: readonly number[], share: number): number {
  if (measurements.length === 0 || !(share >= 0 && share <= 1)) {
    throw new TypeError(`no quantile ${share} of ${measurements.length} measurements`);
  }
  const sorted = [...measurements].sort((a, b) => a - b);
  const place = share * (sorted.length - 1);
  const below = sorted[Math.floor(place)]!;
  const above = sorted[Math.ceil(place)]!;
  return below + (above - below) * (place - Math.floor(place));
}

/** The middle measurement; the mean of the middle two of an even number. */
export function median(measurements: readonly number[]): number {
  return quantile(measurements, 0.5);
}

/** Median, 95th percentile and minimum of measurements. */
export function spreadOf(measurements: readonly number[]): Spread {
  return {
    runs: measurements.length,
    median: median(measurements),
    p95: quantile(measurements, 0.95),
    least: quantile(measurements, 0),
  };
}
