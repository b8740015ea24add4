/** What every benchmark takes. */
export interface BenchmarkOptions {
  /** Ends it before the next turn, with its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Hears what happens, in a few words. */
  readonly onProgress?: ((text: string) => void) | undefined;
}
