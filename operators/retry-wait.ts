/** The longest wait of a timer, 24.8 days in ms: a longer one would end at once. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The wait before another attempt after `failures` in a row: `firstMs`, doubled with each failure, up to `longestMs`. */
export function retryWait(failures: number, firstMs: number, longestMs: number): number {
  // 2 ** 1024 is infinite, and no wait at all times that is no number.
  return Math.min(firstMs * 2 ** Math.min(failures, 31), longestMs);
}
