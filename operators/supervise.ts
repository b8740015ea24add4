import { asyncScheduler, defer, Observable, type SchedulerLike, type Subscription } from 'rxjs';
import { checkChoice, checkNumber } from '../model/check-option.js';
import { Failure } from '../model/failure.js';
import { LONGEST_TIMER_MS, retryWait } from './retry-wait.js';

/**
 * The state of a supervised source. `connecting`: no frame of this attempt yet. `live`: frames arrive. `stalled`: none
 * for `quietMs`. `reconnecting`: waiting for the next attempt. `failed`: the same, after an error that is unlikely to
 * go away by itself. `ended`: complete, and meant to end.
 */
export type SourceState = 'connecting' | 'live' | 'stalled' | 'reconnecting' | 'failed' | 'ended';

/** The supervisor's report about one source, made on every change of state. */
export interface SourceStatus {
  readonly state: SourceState;
  /** Counts the attempts, from 0. */
  readonly epoch: number;
  /** When the state began, ms, by the scheduler's clock. */
  readonly since: number;
  /** Why it is not live: an error of the source, or `Failure` `SOURCE_SILENT` or `SOURCE_DISCONNECTED`. */
  readonly error?: unknown;
  /** When the next attempt is due, ms, by the scheduler's clock; in `reconnecting` and `failed`. */
  readonly retryAt?: number;
}

/** Options of {@link supervise}. */
export interface SuperviseOptions {
  /** Longest time from an attempt to its first value. @default 10_000 // 10 seconds */
  readonly openTimeoutMs?: number | undefined;
  /** A live source without a value for this long is `stalled`; at most `stallTimeoutMs`. @default 2_000 // 2 seconds */
  readonly quietMs?: number | undefined;
  /** A live source without a value for this long is given up and tried again. @default 5_000 // 5 seconds */
  readonly stallTimeoutMs?: number | undefined;
  /** The first wait before another attempt; doubles with every failure in a row. @default 500 */
  readonly backoffMs?: number | undefined;
  /** The longest wait. @default 15_000 // 15 seconds */
  readonly maxBackoffMs?: number | undefined;
  /** The wait after an error that `isLasting`. @default 60_000 // 1 minute */
  readonly lastingBackoffMs?: number | undefined;
  /**
   * Returns true for an error that the next attempt will meet again, such as a wrong password. If not provided, no
   * error is lasting.
   */
  readonly isLasting?: ((error: unknown) => boolean) | undefined;
  /** The meaning of a completion: a camera never ends, a file does. @default 'disconnection' */
  readonly completion?: 'disconnection' | 'end' | undefined;
  /**
   * A source that was live for this long starts its back-off over; one that flaps keeps doubling it.
   * @default 10_000 // 10 seconds
   */
  readonly steadyMs?: number | undefined;
  /** Called on every change of state. */
  readonly onStatus?: ((status: SourceStatus) => void) | undefined;
  /**
   * Returns a number from 0 to 1, which spreads the waits from 50 % to 100 %, so that cameras on one switch do not
   * reconnect in step. @default Math.random
   */
  readonly random?: (() => number) | undefined;
  /** @default asyncScheduler */
  readonly scheduler?: SchedulerLike | undefined;
  /** Completes the result and ends the current attempt. */
  readonly signal?: AbortSignal | undefined;
}

/** Makes one attempt at a source. Its observable is unsubscribed before the next one is made. */
export type Attempt<T> = (
  epoch: number,
  /** To be called when the source shows that it is alive without giving a value: a frame that was decoded and dropped. */
  alive: () => void,
) => Observable<T>;

/**
 * Keeps one live source going: connects, watches that values arrive, and reconnects when they stop or the source fails
 * or completes. The first attempt is treated like any other. Never errors; completes on `signal` and, with
 * `completion: 'end'`, when the source does. It makes up no values.
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
      // `onStatus` may have stopped everything.
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
      after(openTimeoutMs, () =>
        end(new Failure('SOURCE_SILENT', `No frame within ${openTimeoutMs / 1000} s of connecting`)),
      );

      const watch = (): void =>
        after(quietMs, () => {
          quiet = true;
          report('stalled', { error: silent(quietMs) });
          after(stallTimeoutMs - quietMs, () => end(silent(stallTimeoutMs)));
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

      const current = defer(() => connect(epoch, alive)).subscribe({
        next(value) {
          if (over) return;
          alive();
          subscriber.next(value);
        },
        error: end,
        complete() {
          if (completion === 'disconnection')
            return end(new Failure('SOURCE_DISCONNECTED', 'The source closed the connection'));
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
      const longest = lasting ? lastingBackoffMs : retryWait(failures, backoffMs, maxBackoffMs);
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

/** The failure of a source that was live and gives nothing any more. */
function silent(ms: number): Failure {
  return new Failure('SOURCE_SILENT', `No frame for ${ms / 1000} s`);
}
