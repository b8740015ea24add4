import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createConnection, createServer, type Socket } from 'node:net';
import { BehaviorSubject, firstValueFrom, lastValueFrom, type Observable, take, toArray } from 'rxjs';
import { filter } from 'rxjs/operators';
import t from 'tap';
import { WebSocketServer } from 'ws';
import { encodeParts } from '../../../operators/encode-parts.js';
import {
  ConnectionRefused,
  type ConnectOptions,
  connect,
  type LiveEvent,
  type LiveFrame,
  type Want,
} from '../../../pipeline/client/index.js';
import { CloseCode } from '../../../pipeline/client/protocol.js';
import type { LiveServer } from '../../../pipeline/serve/live-server.js';
import { fakeFrame } from '../serve/fake-frames.js';
import { openTestServer } from '../serve/open-test-server.js';

const TOKEN = 'correct-horse-battery-staple';

async function show(server: LiveServer, given: Parameters<typeof fakeFrame>[0] = {}): Promise<void> {
  const frame = fakeFrame(given);
  server.hub.show(frame, await encodeParts(frame, server.hub.wanted(frame.source)), 1);
}

/** Subscribes and keeps what comes; `until` waits for an event. */
function listen(t: { teardown(done: () => void): unknown }, events: Observable<LiveEvent>) {
  const heard: LiveEvent[] = [];
  let error: unknown;
  let wake = (): void => {};
  const subscription = events.subscribe({
    next(event) {
      heard.push(event);
      wake();
    },
    error(cause) {
      error = cause;
      wake();
    },
  });
  t.teardown(() => subscription.unsubscribe());
  const until = async <T extends LiveEvent['type']>(type: T): Promise<Extract<LiveEvent, { type: T }>> => {
    for (;;) {
      const index = heard.findIndex((event) => event.type === type);
      if (index >= 0) return heard.splice(index, 1)[0] as Extract<LiveEvent, { type: T }>;
      if (error) throw error;
      await new Promise<void>((resolve) => (wake = resolve));
    }
  };
  return { heard, until, subscription };
}

/** Shows frames until the test is over. */
function keepShowing(t: { teardown(done: () => void): unknown }, server: LiveServer): void {
  let index = 0;
  const timer = setInterval(() => void show(server, { index: index++ }), 10);
  t.teardown(() => clearInterval(timer));
}

const quick: ConnectOptions = { token: TOKEN, backoffMs: 10, maxBackoffMs: 40 };

t.test('frames come with mask, picture, times and names', async (t) => {
  const server = await openTestServer(t, { token: TOKEN });
  const { until } = listen(
    t,
    connect(server.url, { ...quick, want: [{ stream: 'back', parts: ['source', 'mask', 'stats'] }] }),
  );
  t.equal((await until('connecting')).attempt, 0);
  await until('open');
  t.match(await until('hello'), { classes: [{ name: 'sky' }, { name: 'road' }] });
  while (server.hub.wanted('back').size === 0) await new Promise((resolve) => setTimeout(resolve, 2));
  await show(server, { source: 'back', index: 4 });
  const frame = await until('frame');
  t.match(frame, { stream: 'back', seq: 0, ptsUs: 160_000, skipped: 0, displayWidth: 128 });
  t.same(frame.mask, fakeFrame().mask);
  t.same([...frame.source!.subarray(0, 2)], [0xff, 0xd8]);
  t.equal(frame.overlay, undefined);
  t.ok(frame.ageMs()! > 0 && frame.ageMs()! < 60_000);
  t.match(await until('stats'), { stream: 'back', viewers: 1 });
});

t.test('acknowledges by itself, so that frames flow; manually, only then', async (t) => {
  const server = await openTestServer(t, { token: TOKEN });
  keepShowing(t, server);
  const isFrame = (event: LiveEvent): event is LiveFrame => event.type === 'frame';
  const flowing = connect(server.url, { ...quick, want: [{ parts: ['mask'] }] });
  const frames = await firstValueFrom(flowing.pipe(filter(isFrame), take(20), toArray()));
  t.ok(frames.every((frame, index) => index === 0 || frame.seq > frames[index - 1]!.seq));

  const { until, heard } = listen(
    t,
    connect(server.url, { ...quick, acknowledge: 'manual', want: [{ parts: ['mask'], window: 1 }] }),
  );
  const first = await until('frame');
  await new Promise((resolve) => setTimeout(resolve, 60));
  t.equal(heard.filter(isFrame).length, 0);
  first.acknowledge();
  first.acknowledge();
  t.ok((await until('frame')).skipped > 0);
});

t.test('wants may change: another stream, nothing, back again', async (t) => {
  const server = await openTestServer(t, { token: TOKEN });
  const want = new BehaviorSubject<readonly Want[]>([{ stream: 'front', parts: ['mask'] }]);
  const { until } = listen(t, connect(server.url, { ...quick, want }));
  await until('hello');
  const wanted = async (front: number, back: number): Promise<void> => {
    while (server.hub.wanted('front').size !== front || server.hub.wanted('back').size !== back) {
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  };
  await wanted(1, 0);
  want.next([{ stream: 1, parts: ['source', 'mask'] }]);
  await wanted(0, 2);
  want.next([]);
  await wanted(0, 0);
  want.next([{ parts: ['overlay'] }]);
  await wanted(1, 0);
  await show(server);
  t.ok((await until('frame')).overlay);
});

t.test('connects again after a restart of the server, and goes on', async (t) => {
  const first = await openTestServer(t, { token: TOKEN });
  const { until } = listen(t, connect(first.url, { ...quick, want: [{ parts: ['mask'] }] }));
  const { session } = await until('hello');
  await first.close('Restart');
  t.match(await until('closed'), { code: 1001, reason: 'Restart', retryAt: Number });
  const second = await openTestServer(t, { token: TOKEN, port: first.port });
  keepShowing(t, second);
  t.not((await until('hello')).session, session);
  await until('frame');
});

t.test('a server that is not there is tried again and again', async (t) => {
  const gone = createServer().listen(0, '127.0.0.1');
  await once(gone, 'listening');
  const { port } = gone.address() as AddressInfo;
  gone.close();
  const { until } = listen(t, connect(`ws://127.0.0.1:${port}`, quick));
  for (let attempt = 0; attempt < 4; attempt++) {
    t.equal((await until('connecting')).attempt, attempt);
    t.match(await until('closed'), { code: 1006, reason: 'Connection refused', retryAt: Number });
  }
});

t.test('a server that says nothing is given up', async (t) => {
  const sockets: Socket[] = [];
  const mute = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
  await once(mute, 'listening');
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    mute.close();
  });
  const { port } = mute.address() as AddressInfo;
  const { until } = listen(t, connect(`ws://127.0.0.1:${port}`, { ...quick, openTimeoutMs: 30 }));
  t.match(await until('closed'), { reason: 'No answer in time' });
});

t.test('a server that falls silent is given up, and tried again', async (t) => {
  const server = await openTestServer(t, { token: TOKEN });
  const { port } = new URL(server.url);
  const halves: Socket[] = [];
  // Hangs as a frozen machine does: connections stay open, nothing comes.
  const between = createServer((client) => {
    const behind = createConnection(Number(port), '127.0.0.1');
    for (const half of [client, behind]) half.on('error', () => {});
    client.pipe(behind);
    behind.pipe(client);
    halves.push(client, behind);
  });
  between.listen(0, '127.0.0.1');
  await once(between, 'listening');
  t.teardown(() => {
    for (const half of halves) half.destroy();
    between.close();
  });
  const url = `ws://127.0.0.1:${(between.address() as AddressInfo).port}`;
  const { until } = listen(t, connect(url, { ...quick, answerTimeoutMs: 300, want: [] }));
  await until('hello');
  // Answers alone keep it, for longer than the limit.
  await new Promise((resolve) => setTimeout(resolve, 900));
  halves[1]!.unpipe();
  halves[1]!.pause();
  t.match(await until('closed'), { code: 1006, reason: 'The server does not answer', retryAt: Number });
  // Not after the half minute that a close waits for its answer: it would keep a program alive.
  await once(halves[0]!, 'close');
  await until('hello');
});

t.test('it completes where what was shown is over', async (t) => {
  const server = await openTestServer(t, { token: TOKEN });
  const events: LiveEvent[] = [];
  const completed = new Promise<void>((resolve, reject) => {
    connect(server.url, quick).subscribe({
      next(event) {
        events.push(event);
        if (event.type === 'hello') void server.close('The run is over', true);
      },
      error: reject,
      complete: resolve,
    });
  });
  await completed;
  t.same(events.at(-1), { type: 'closed', code: 1001, reason: 'The run is over' });
});

t.test('a token that no server takes is refused at once', async (t) => {
  for (const token of ['with a line feed\n', 'ünïcode-of-sixteen']) {
    t.throws(() => connect('ws://127.0.0.1:9', { token }), /Expected the token to be of ASCII/);
  }
});

t.test('an empty token is none: the server says that it needs one', async (t) => {
  const server = await openTestServer(t, { token: 'correct-horse-battery-staple' });
  await t.rejects(lastValueFrom(connect(server.url, { token: '' })), { code: CloseCode.unauthorised });
});

t.test('what is no address is refused with an example', async (t) => {
  for (const url of ['localhost:8080', '127.0.0.1:8080', 'rtsp://camera/stream', '']) {
    t.throws(() => connect(url), { name: 'TypeError', message: /such as ws:\/\/127\.0\.0\.1:8080, got/ });
  }
});

t.test('what is no option is refused, and says what would be', async (t) => {
  const wrong = (options: object, message: RegExp) =>
    t.throws(() => connect('ws://127.0.0.1', options), { name: 'TypeError', message });
  wrong({ acknowledge: 'never' }, /acknowledge to be auto or manual, got never/);
  wrong({ want: 'mask' }, /want to be a list of subscriptions/);
  wrong({ want: [null] }, /want to be a list of subscriptions/);
  wrong({ want: [{ stream: {}, parts: ['mask'] }] }, /stream to be a stream's name or number, got \[object/);
  wrong({ want: [{ stream: 1.5, parts: ['mask'] }] }, /name or number, got 1.5/);
  wrong({ want: [{ parts: ['masks'] }] }, /parts to be one or more of .*, got masks/);
});

t.test('what trying again will not mend is an error', async (t) => {
  const server = await openTestServer(t, { token: TOKEN });
  await t.rejects(
    firstValueFrom(connect(server.url, { token: 'wrong' }).pipe(filter((event) => event.type === 'hello'))),
    {
      name: ConnectionRefused.name,
      code: 4401,
    },
  );
  const nowhere = connect(server.url, { ...quick, want: [{ stream: 'left', parts: ['mask'] }] });
  await t.rejects(firstValueFrom(nowhere.pipe(filter((event) => event.type === 'frame'))), {
    code: 4404,
    message: /left/,
  });
});

t.test('unsubscribing closes the connection, also while it is being made', async (t) => {
  const server = await openTestServer(t, { token: TOKEN });
  connect(server.url, quick).subscribe().unsubscribe();
  const { until, subscription } = listen(t, connect(server.url, quick));
  await until('hello');
  subscription.unsubscribe();
  while (server.hub.sessions.size > 0) await new Promise((resolve) => setTimeout(resolve, 2));
  t.equal(server.hub.sessions.size, 0);
});

t.test('what came before the end is heard before the end', async (t) => {
  const server = await openTestServer(t, { token: TOKEN });
  const events = lastValueFrom(
    connect(server.url, { ...quick, want: [{ stream: 'front', parts: ['mask'], window: 8 }] }).pipe(toArray()),
  );
  while (server.hub.wanted('front').size === 0) await new Promise((resolve) => setTimeout(resolve, 2));
  const frames = [0, 1, 2, 3, 4].map((index) => fakeFrame({ index }));
  const parts = await Promise.all(frames.map((frame) => encodeParts(frame, ['mask'])));
  for (const [index, frame] of frames.entries()) server.hub.show(frame, parts[index]!, 1);
  await server.close('The run is over', true);
  const kinds = (await events).map(({ type }) => type);
  t.equal(kinds.filter((type) => type === 'frame').length, 5);
  t.equal(kinds.at(-1), 'closed');
});

t.test('a server that says what is no protocol is left, and tried again', async (t) => {
  const other = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  t.teardown(() => other.close());
  other.on('connection', (socket) => socket.send('not json'));
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const { until } = listen(t, connect(`http://127.0.0.1:${port}/`, quick));
  t.match(await until('closed'), { code: 1002, reason: /JSON/ });
  await until('connecting');
  await until('closed');
});

t.test('options and wants out of range are refused before or as they come', async (t) => {
  const to = (options: ConnectOptions) => () => connect('ws://127.0.0.1:9', options);
  t.throws(to({ openTimeoutMs: Number.NaN }), /openTimeoutMs .*got NaN/);
  t.throws(to({ openTimeoutMs: Number.POSITIVE_INFINITY }), /openTimeoutMs .*24 days, got Infinity/);
  t.throws(to({ answerTimeoutMs: 0 }), /answerTimeoutMs/);
  t.throws(to({ want: [{ parts: ['mask'], maxFps: 0 }] }), /maxFps .*got 0/);
  t.throws(to({ want: [{ parts: ['mask'], window: 0 }] }), /window .*got 0/);
  t.throws(to({ want: [{ parts: ['nope' as 'mask'] }] }), /one or more of source, mask.*got nope/);
  const later = new BehaviorSubject<readonly Want[]>([{ parts: [] }]);
  await t.rejects(firstValueFrom(connect('ws://127.0.0.1:9', { want: later })), /parts .*got none/);
});
