import { NEVER, Observable, of, take, throwError, VirtualTimeScheduler } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import t from 'tap';
import { type SourceStatus, type SuperviseOptions, supervise } from '../../operators/supervise.js';

/** Runs in virtual time; waits are exact because `random` is 1. */
function inVirtualTime(
  t: { same(got: unknown, wanted: unknown): boolean },
  test: (tools: {
    readonly helpers: Parameters<Parameters<TestScheduler['run']>[0]>[0];
    readonly options: SuperviseOptions;
    readonly states: string[];
  }) => void,
): void {
  const scheduler = new TestScheduler((got, wanted) => t.same(got, wanted));
  scheduler.run((helpers) => {
    const states: string[] = [];
    const options: SuperviseOptions = {
      openTimeoutMs: 100,
      quietMs: 20,
      stallTimeoutMs: 50,
      backoffMs: 10,
      maxBackoffMs: 40,
      lastingBackoffMs: 500,
      steadyMs: 1000,
      random: () => 1,
      scheduler,
      onStatus: ({ state, epoch }: SourceStatus) => states.push(`${scheduler.now()} ${state} ${epoch}`),
    };
    test({ helpers, options, states });
  });
}

t.test('values pass, a completion is a disconnection, and it connects again', async (t) => {
  inVirtualTime(t, ({ helpers: { cold, expectObservable, flush }, options, states }) => {
    const attempts = [cold('-a-b|'), cold('--c 200ms |')];
    const result = supervise((epoch) => attempts[epoch] ?? NEVER, options);
    //                                 4 disconnected, 14 connecting, 16 c
    expectObservable(result, '30ms !').toBe('-a-b 12ms c');
    flush();
    t.same(states, ['0 connecting 0', '1 live 0', '4 reconnecting 0', '14 connecting 1', '16 live 1']);
  });
});

t.test('the first connection is treated as any other: refused, it is tried again', async (t) => {
  inVirtualTime(t, ({ helpers: { cold, expectObservable, flush }, options, states }) => {
    const result = supervise((epoch) => (epoch === 0 ? throwError(() => new Error('refused')) : cold('a')), options);
    expectObservable(result, '15ms !').toBe('10ms a');
    flush();
    t.same(states, ['0 connecting 0', '0 reconnecting 0', '10 connecting 1', '10 live 1']);
  });
});

t.test('an attempt that throws counts as one that fails', async (t) => {
  inVirtualTime(t, ({ helpers: { cold, expectObservable, flush }, options, states }) => {
    const attempts = [() => throws(), () => throws(), () => cold('a')];
    expectObservable(
      supervise((epoch) => attempts[epoch]!(), options),
      '35ms !',
    ).toBe('30ms a');
    flush();
    t.same(states, [
      '0 connecting 0',
      '0 reconnecting 0',
      '10 connecting 1',
      '10 reconnecting 1',
      '30 connecting 2',
      '30 live 2',
    ]);
  });
  function throws(): never {
    throw new Error('broken');
  }
});

t.test('no first value in time: given up and unsubscribed', async (t) => {
  inVirtualTime(t, ({ helpers: { cold, expectObservable, expectSubscriptions, flush }, options, states }) => {
    const dead = cold('-');
    const result = supervise((epoch) => (epoch === 0 ? dead : cold('a')), options);
    expectObservable(result, '112ms !').toBe('110ms a');
    expectSubscriptions(dead.subscriptions).toBe('^ 99ms !');
    flush();
    t.equal(states[1], '100 reconnecting 0');
  });
});

t.test('values that stop: stalled first, then given up; a value in between makes it live again', async (t) => {
  inVirtualTime(t, ({ helpers: { cold, expectObservable, flush }, options, states }) => {
    const result = supervise((epoch) => (epoch === 0 ? cold('a 29ms b') : NEVER), options);
    expectObservable(result, '95ms !').toBe('a 29ms b');
    flush();
    t.same(states, [
      '0 connecting 0',
      '0 live 0',
      '20 stalled 0',
      '30 live 0',
      '50 stalled 0',
      '80 reconnecting 0',
      '90 connecting 1',
    ]);
  });
});

t.test('a source is given up in time where it would be stalled later', async (t) => {
  inVirtualTime(t, ({ helpers: { cold, expectObservable, flush }, options, states }) => {
    const result = supervise(() => cold('a'), { ...options, quietMs: 90 });
    expectObservable(result, '55ms !').toBe('a');
    flush();
    t.same(states, ['0 connecting 0', '0 live 0', '50 stalled 0', '50 reconnecting 0']);
  });
});

t.test('signs of life without values keep it live', async (t) => {
  inVirtualTime(t, ({ helpers: { cold, expectObservable, flush }, options, states }) => {
    const result = supervise(
      (_epoch, alive) =>
        new Observable<string>((subscriber) => {
          subscriber.next('a');
          return cold('a 14ms a 14ms a 14ms a 14ms a').subscribe(alive);
        }),
      options,
    );
    expectObservable(result, '62ms !').toBe('a');
    flush();
    t.same(states, ['0 connecting 0', '0 live 0']);
  });
});

t.test('waits double up to the longest, and start anew after a steady connection', async (t) => {
  inVirtualTime(t, ({ helpers: { cold, expectObservable, flush }, options, states }) => {
    const steady = cold(`${'a 9ms '.repeat(101)} #`);
    const result = supervise((epoch) => (epoch === 4 ? steady : throwError(() => new Error('down'))), options);
    expectObservable(result.pipe(take(102)), '1140ms !');
    flush();
    const connecting = states.filter((state) => state.includes('connecting') && !state.includes('re'));
    t.same(
      connecting.map((state) => Number(state.split(' ')[0])),
      [0, 10, 30, 70, 110, 1130],
    );
  });
});

t.test('a lasting error is retried slowly, and is called failed', async (t) => {
  inVirtualTime(t, ({ helpers: { expectObservable, flush }, options, states }) => {
    const result = supervise(() => throwError(() => new Error('401')), { ...options, isLasting: () => true });
    expectObservable(result, '600ms !').toBe('-');
    flush();
    t.same(states, ['0 connecting 0', '0 failed 0', '500 connecting 1', '500 failed 1']);
  });
});

t.test('a file that is over ends it', async (t) => {
  inVirtualTime(t, ({ helpers: { cold, expectObservable, flush }, options, states }) => {
    expectObservable(supervise(() => cold('a-|'), { ...options, completion: 'end' })).toBe('a-|');
    flush();
    t.same(states, ['0 connecting 0', '0 live 0', '2 ended 0']);
  });
});

t.test('waits are spread between half and the whole', async (t) => {
  inVirtualTime(t, ({ helpers: { expectObservable, flush }, options, states }) => {
    const result = supervise(() => throwError(() => new Error('down')), { ...options, random: () => 0 });
    expectObservable(result, '6ms !');
    flush();
    t.match(states[2], '5 connecting 1');
  });
});

t.test('unsubscribing early, even inside the first value, ends the attempt and all timers', async (t) => {
  let running = 0;
  const source = new Observable<number>((subscriber) => {
    running += 1;
    subscriber.next(1);
    subscriber.next(2);
    return () => {
      running -= 1;
    };
  });
  const seen: number[] = [];
  const scheduler = new VirtualTimeScheduler();
  supervise(() => source, { scheduler })
    .pipe(take(1))
    .subscribe((value) => seen.push(value));
  t.same(seen, [1]);
  t.equal(running, 0);
  t.same(scheduler.actions, []);
});

t.test('a signal completes it, before and during', async (t) => {
  const stop = new AbortController();
  let completed = 0;
  supervise(() => NEVER, { signal: stop.signal }).subscribe({ complete: () => (completed += 1) });
  stop.abort();
  supervise(() => of(1), { signal: stop.signal }).subscribe({ complete: () => (completed += 1), next: () => t.fail() });
  t.equal(completed, 2);
});

t.test('who stops it on hearing of a state stops all of it', async (t) => {
  for (const last of ['connecting', 'live', 'stalled', 'reconnecting', 'failed'] as const) {
    inVirtualTime(t, ({ helpers: { cold, flush }, options }) => {
      const stop = new AbortController();
      const heard: string[] = [];
      let completed = 0;
      supervise(() => cold(last === 'stalled' ? '--a' : '--a--#'), {
        ...options,
        signal: stop.signal,
        isLasting: () => last === 'failed',
        onStatus({ state }) {
          heard.push(state);
          if (state === last) stop.abort();
        },
      }).subscribe({ complete: () => (completed += 1) });
      flush();
      t.equal(completed, 1);
      t.equal(heard.at(-1), last, heard.join());
    });
  }
});

t.test('options that make no sense are refused by name, at once', async (t) => {
  const wrong: readonly SuperviseOptions[] = [
    { openTimeoutMs: -1 },
    { quietMs: -1 },
    { stallTimeoutMs: Number.NaN },
    // A timer of Node's would be over at once.
    { backoffMs: 2 ** 31 },
    { maxBackoffMs: Number.POSITIVE_INFINITY },
    { lastingBackoffMs: -5 },
    { steadyMs: -5 },
    { completion: 'never' as 'end' },
  ];
  for (const options of wrong) {
    const name = Object.keys(options)[0]!;
    const message = new RegExp(`^Expected ${name} to be`);
    t.throws(() => supervise(() => NEVER, options), { code: 'OPTION_INVALID', message }, name);
  }
});

t.test('two cameras: the death of one does not touch the other', async (t) => {
  inVirtualTime(t, ({ helpers: { cold, expectObservable }, options }) => {
    expectObservable(
      supervise(() => throwError(() => new Error('dead')), options),
      '60ms !',
    ).toBe('-');
    expectObservable(
      supervise(() => cold('a 9ms b 9ms c'), options),
      '25ms !',
    ).toBe('a 9ms b 9ms c');
  });
});
