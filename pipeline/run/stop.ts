/** What a person's signals have asked of a run so far. */
export interface StopRequests {
  /** Aborted by the first signal: finish what is under way, so that it plays. */
  readonly stop: AbortSignal;
  /** Aborted by the second: end at once. */
  readonly abandon: AbortSignal;
  /** The status to exit with after a stop, 128 and the signal's number as shells have it; undefined before one. */
  readonly exitStatus: number | undefined;
  /** Gives the signals back. */
  dispose(): void;
}

const STATUS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** Has a second signal end the process at once, for work that cannot be left any faster. */
export function exitOnAbandon(requests: StopRequests): void {
  requests.abandon.addEventListener('abort', () => process.exit(requests.exitStatus));
}

/** Turns Ctrl-C, SIGTERM and the end of a terminal into a request to stop, and a second one into one to abandon. */
export function listenForStop(onStop: () => void): StopRequests {
  const stop = new AbortController();
  const abandon = new AbortController();
  let exitStatus: number | undefined;
  const signals = Object.keys(STATUS) as (keyof typeof STATUS)[];
  const listener = (signal: NodeJS.Signals) => {
    exitStatus = STATUS[signal as keyof typeof STATUS];
    if (stop.signal.aborted) abandon.abort();
    else {
      stop.abort();
      onStop();
    }
  };
  for (const signal of signals) process.on(signal, listener);
  return {
    stop: stop.signal,
    abandon: abandon.signal,
    get exitStatus() {
      return exitStatus;
    },
    dispose() {
      for (const signal of signals) process.off(signal, listener);
    },
  };
}
