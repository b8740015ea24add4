/** What the user has requested by signals so far. */
export interface StopRequests {
  /** Aborted by the first signal: finish the current file, so that it plays. */
  readonly stop: AbortSignal;
  /** Aborted by the second signal: end at once. */
  readonly abandon: AbortSignal;
  /** The exit status after a stop, 128 plus the signal's number as in shells; undefined before a stop. */
  readonly exitStatus: number | undefined;
  /** Stops listening for signals. */
  dispose(): void;
}

const STATUS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** Makes a second signal end the process at once, for work that cannot be interrupted otherwise. */
export function exitOnAbandon(requests: StopRequests): void {
  requests.abandon.addEventListener('abort', () => process.exit(requests.exitStatus));
}

/** Turns Ctrl-C, SIGTERM and the closing of the terminal into a request to stop, and a second one into a request to abandon. */
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
