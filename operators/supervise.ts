import { asyncScheduler, Observable, type SchedulerLike, type Subscription } from 'rxjs';
import { checkChoice, checkNumber } from '../model/check-option.js';

/**
 * How a supervised source is doing. `connecting`: no frame of this attempt yet. `live`: frames come. `stalled`: none for
 * `quietMs`. `reconnecting`: waiting for the next attempt. `failed`: the same after an error that will hardly go away by itself.
 * `ended`: complete, and meant to end.
 */
export type SourceState = 'connecting' | 'live' | 'stalled' | 'reconnecting' | 'failed' | 'ended';

/** What the supervisor tells of one source, on every change of state. */
export interface SourceStatus {
  readonly state: SourceState;
  /** Counts the attempts, from 0. */
  readonly epoch: number;
  /** ms, by the scheduler's clock. */
  readonly since: number;
  /** Why it is not live. */
  readonly error?: unknown;
  /** When the next attempt is due, ms, by the scheduler's clock; in `reconnecting` and `failed`. */
  readonly retryAt?: number;
}

/** The longest wait of a timer in Node, 24.8 days: a longer one would end at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Options of {@link supervise}. */
export interface SuperviseOptions {
  /** Longest time from an attempt to its first value. @default 10_000 // 10 seconds */
  readonly openTimeoutMs?: number | undefined;
  /** Without a value for so long a live source is `stalled`; at most `stallTimeoutMs`. @default 2_000 // 2 seconds */
  readonly quietMs?: number | undefined;
  /** Without a value for so long a live source is given up and tried again. @default 5_000 // 5 seconds */
  readonly stallTimeoutMs?: number | undefined;
  /** The first wait before another attempt; doubles with every failure in a row. @default 500 */
  readonly backoffMs?: number | undefined;
  /** The longest wait. @default 15_000 // 15 seconds */
  readonly maxBackoffMs?: number | undefined;
  /** The wait after an error that `isLasting`. @default 60_000 // 1 minute */
  readonly lastingBackoffMs?: number | undefined;
  /** True for an error that the same attempt will meet again, such as a wrong password. If not provided, none is. */
  readonly isLasting?: ((error: unknown) => boolean) | undefined;
  /** What a completion means: a camera never ends, a file does. @default 'disconnection' */
  readonly completion?: 'disconnection' | 'end' | undefined;
  /** After living so long a source starts its back-off anew; one that flaps goes on doubling. @default 10_000 // 10 seconds */
  readonly steadyMs?: number | undefined;
  /** Hears of every change of state. */
  readonly onStatus?: ((status: SourceStatus) => void) | undefined;
  /** Between 0 and 1; spreads the waits from 50 % to 100 %, so that cameras of one switch do not return in step. @default Math.random */
  readonly random?: (() => number) | undefined;
  /** @default asyncScheduler */
  readonly scheduler?: SchedulerLike | undefined;
  /** Completes the result and ends the current attempt. */
  readonly signal?: AbortSignal | undefined;
}

/** Why a supervised attempt was given up although the source itself said nothing. */
export class SourceSilent extends Error {
  readonly code = 'SOURCE_SILENT';
  constructor(ms: number, phase: 'open' | 'stall') {
    super(phase === 'open' ? `No frame within ${ms / 1000} s of connecting` : `No frame for ${ms / 1000} s`);
    this.name = 'SourceSilent';
  }
}

/** Why an attempt counts as failed that ended without an error. */
export class SourceDisconnected extends Error {
  readonly code = 'SOURCE_DISCONNECTED';
  constructor() {
    super('The source closed the connection');
    this.name = 'SourceDisconnected';
  }
}

/** Makes one attempt at a source. Its observable is unsubscribed before the next one is made. */
export type Attempt<T> = (
  epoch: number,
  /** To be called where the source shows that it lives without giving a value: a frame that was decoded and dropped. */
  alive: () => void,
) => Observable<T>;

/**
 * Keeps one live source going: connects, watches that values come, and connects again when they stop, the source fails or
 * completes. The first attempt is treated as any other. Never errors; completes on `signal` and, with `completion: 'end'`, when
 * the source does. No value is ever made up.
 *
 * ```
 * connect(0)   --a--b--#
 * connect(1)             ~~--c--d------------(given up after stallTimeoutMs)
 * result       --a--b--------c--d------ ...
 * ```
 *
 * @throws `Failure` `OPTION_INVALID` for times that are negative or longer than a timer's 24 days.
 */
export function supervise<T>(connect: Attempt<T>, options: SuperviseOptions = {}): Observable<T> {
  const {
    openTimeoutMs = 10_000,
    stallTimeoutMs = 5_000,
    backoffMs = 500,
    maxBackoffMs = 15_000,
    lastingBackoffMs = 60_000,
    isLasting = () => false,
    completion = 'disconnection',
    steadyMs = 10_000,
    onStatus = () => {},
    random = Math.random,
    scheduler = asyncScheduler,
    signal,
  } = options;
  for (const [name, ms] of Object.entries({
    openTimeoutMs,
    stallTimeoutMs,
    backoffMs,
    maxBackoffMs,
    lastingBackoffMs,
  })) {
    checkNumber(name, ms, { min: 0, max: LONGEST_TIMER_MS });
  }
  checkNumber('quietMs', options.quietMs ?? 0, { min: 0 });
  checkNumber('steadyMs', steadyMs, { min: 0 });
  checkChoice('completion', completion, ['disconnection', 'end']);
  const quietMs = Math.min(options.quietMs ?? 2_000, stallTimeoutMs);

  return new Observable<T>((subscriber) => {
    let epoch = 0;
    let failures = 0;
    let attempt: Subscription | undefined;
    let timer: Subscription | undefined;

    const report = (state: SourceState, more: Partial<SourceStatus> = {}): void =>
      onStatus({ state, epoch, since: scheduler.now(), ...more });
    const after = (ms: number, act: () => void): void => {
      timer?.unsubscribe();
      // Whoever hears of a state may have stopped all of it.
      if (subscriber.closed) return;
      timer = scheduler.schedule(act, ms);
    };
    const stop = (): void => {
      timer?.unsubscribe();
      attempt?.unsubscribe();
    };

    const begin = (): void => {
      let liveSince: number | undefined;
      let quiet = false;
      let over = false;
      report('connecting');
      if (subscriber.closed) return;
      after(openTimeoutMs, () => end(new SourceSilent(openTimeoutMs, 'open')));

      const watch = (): void =>
        after(quietMs, () => {
          quiet = true;
          report('stalled', { error: new SourceSilent(quietMs, 'stall') });
          after(stallTimeoutMs - quietMs, () => end(new SourceSilent(stallTimeoutMs, 'stall')));
        });
      const end = (error: unknown): void => {
        if (over) return;
        over = true;
        // A source that fails inside `subscribe` has no subscription yet: `begin` ends that one.
        stop();
        if (liveSince !== undefined && scheduler.now() - liveSince >= steadyMs) failures = 0;
        wait(error);
      };

      const alive = (): void => {
        if (over) return;
        if (liveSince === undefined || quiet) report('live');
        liveSince ??= scheduler.now();
        quiet = false;
        watch();
      };

      const current = connect(epoch, alive).subscribe({
        next(value) {
          if (over) return;
          alive();
          subscriber.next(value);
        },
        error: end,
        complete() {
          if (completion === 'disconnection') return end(new SourceDisconnected());
          over = true;
          timer?.unsubscribe();
          report('ended');
          subscriber.complete();
        },
      });
      attempt = current;
      if (over || subscriber.closed) current.unsubscribe();
    };

    const wait = (error: unknown): void => {
      const lasting = isLasting(error);
      const longest = lasting ? lastingBackoffMs : Math.min(backoffMs * 2 ** failures, maxBackoffMs);
      const ms = Math.round(longest * (0.5 + random() / 2));
      failures += 1;
      report(lasting ? 'failed' : 'reconnecting', { error, retryAt: scheduler.now() + ms });
      after(ms, () => {
        epoch += 1;
        begin();
      });
    };

    const finish = (): void => {
      stop();
      subscriber.complete();
    };
    if (signal?.aborted) return subscriber.complete();
    signal?.addEventListener('abort', finish, { once: true });
    begin();
    return () => {
      signal?.removeEventListener('abort', finish);
      stop();
    };
  });
}
