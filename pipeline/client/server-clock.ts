/** What the client knows of the server's clock, from answers to `time`. */
export class ServerClock {
  readonly #samples: { readonly roundTripMs: number; readonly offsetMs: number }[] = [];

  /** Notes one answer; all in ms, the first two by the own clock. */
  add(askedAt: number, heardAt: number, serverAt: number): void {
    this.#samples.push({ roundTripMs: heardAt - askedAt, offsetMs: serverAt - (askedAt + heardAt) / 2 });
    if (this.#samples.length > 8) this.#samples.shift();
  }

  /** Server's clock minus own, ms, by the quickest of the last 8 answers; undefined before the first. */
  get offsetMs(): number | undefined {
    let best = this.#samples[0];
    for (const sample of this.#samples) if (best && sample.roundTripMs < best.roundTripMs) best = sample;
    return best?.offsetMs;
  }
}

/** The client's own clock, ms since 1970, never going backwards. */
export function clientNow(): number {
  return performance.timeOrigin + performance.now();
}
