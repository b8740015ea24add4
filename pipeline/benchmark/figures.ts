/* Formats numbers in the benchmarks' tables; `-` for what was not measured. */

/** Bytes as whole megabytes. */
export function megabytes(bytes: number | undefined): string {
  return fixed(bytes === undefined ? undefined : bytes / 1e6, 0);
}

/** Milliseconds, with tenths below 100. */
export function ms(value: number | undefined): string {
  return fixed(value, value !== undefined && value < 100 ? 1 : 0);
}

/** A number with a fixed number of decimals. */
export function fixed(value: number | undefined, digits = 2): string {
  return value === undefined ? '-' : value.toFixed(digits);
}
