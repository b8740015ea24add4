/** Options of every benchmark. */
export interface BenchmarkOptions {
  /** Aborts the benchmark before the next turn, with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called with progress, in a few words. */
  readonly onProgress?: ((text: string) => void) | undefined;
}
