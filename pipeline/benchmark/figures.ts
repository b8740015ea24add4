/* How tables of the benchmarks write their figures; `-` for what was not measured. */

/** Bytes as megabytes, whole. */
export function megabytes(bytes: number | undefined): string {
  return fixed(bytes === undefined ? undefined : bytes / 1e6, 0);
}

/** Milliseconds: tenths below 100. */
export function ms(value: number | undefined): string {
  return fixed(value, value !== undefined && value < 100 ? 1 : 0);
}

/** A number with so many digits behind the point. */
export function fixed(value: number | undefined, digits = 2): string {
  return value === undefined ? '-' : value.toFixed(digits);
}
