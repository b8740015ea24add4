/** Estimates the server's clock from answers to `time`. */
export class ServerClock {
  readonly #samples: { readonly roundTripMs: number; readonly offsetMs: number }[] = [];

  /** Adds one answer; all in ms, the first two by the client's clock. */
  add(askedAt: number, heardAt: number, serverAt: number): void {
    this.#samples.push({ roundTripMs: heardAt - askedAt, offsetMs: serverAt - (askedAt + heardAt) / 2 });
    if (this.#samples.length > 8) this.#samples.shift();
  }

  /** Server's clock minus the client's, ms, by the fastest of the last 8 answers; undefined before the first. */
  get offsetMs(): number | undefined {
    let best = this.#samples[0];
    for (const sample of this.#samples) if (best && sample.roundTripMs < best.roundTripMs) best = sample;
    return best?.offsetMs;
  }
}

/** The client's clock, ms since 1970, which never goes backwards. */
export function clientNow(): number {
  return performance.timeOrigin + performance.now();
}
