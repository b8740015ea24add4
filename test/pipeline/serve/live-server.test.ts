import { createHash, createHmac } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { inflateRawSync } from 'node:zlib';
import t from 'tap';
import { encodeParts } from '../../../operators/encode-parts.js';
import { BEARER_SUBPROTOCOL_PREFIX, CloseCode, SUBPROTOCOL } from '../../../pipeline/client/protocol.js';
import { LISTEN_DEFAULTS } from '../../../pipeline/options/listen-options.js';
import type { LiveServer } from '../../../pipeline/serve/live-server.js';
import { openLiveServer } from '../../../pipeline/serve/live-server.js';
import { serverNow } from '../../../pipeline/serve/shown-frame.js';
import { ask } from './ask.js';
import { fakeFrame } from './fake-frames.js';
import { openTestServer } from './open-test-server.js';
import { connectRaw } from './raw-client.js';

const TOKEN = 'correct-horse-battery-staple';

/** Shows a frame as `broadcast` does. */
async function show(server: LiveServer, given: Parameters<typeof fakeFrame>[0] = {}): Promise<void> {
  const frame = fakeFrame(given);
  server.hub.show(frame, await encodeParts(frame, server.hub.wanted(frame.source)), 1);
}

t.test('says hello, serves a subscription, and encodes what is wanted alone', async (t) => {
  const server = await openTestServer(t);
  const client = connectRaw(server);
  t.match(await client.hear('hello'), {
    version: 1,
    server: 'segnet-stream/test',
    classes: [{ name: 'sky' }, { name: 'road' }],
    streams: [
      { id: 0, name: 'front', state: 'connecting', epoch: 0 },
      { id: 1, name: 'back' },
    ],
    limits: { window: 8 },
  });
  t.equal(server.hub.wanted('front').size, 0);
  client.send({ type: 'subscribe', stream: 0, parts: ['source', 'mask', 'stats'] });
  t.match(await client.hear('subscribed'), { stream: 0, parts: ['source', 'mask', 'stats'], maxFps: null, window: 2 });
  t.same([...server.hub.wanted('front')], ['source', 'mask']);
  t.equal(server.hub.wanted('back').size, 0);

  await show(server, { index: 5, epoch: 3 });
  const frame = await client.frame();
  t.match(frame, { stream: 0, epoch: 3, seq: 0, ptsUs: 200_000, skipped: 0, displayWidth: 128, displayHeight: 96 });
  t.ok(frame.ageUs > 0 && frame.stepUs.segment === 20_000 && frame.stepUs.decode === 3_000);
  const [source, mask] = frame.parts;
  t.same([source?.kind, source?.codec, mask?.kind, mask?.codec], ['source', 'jpeg', 'mask', 'deflate-raw']);
  t.same([...source!.data.subarray(0, 2)], [0xff, 0xd8]);
  t.same(new Uint8Array(inflateRawSync(mask!.data)), fakeFrame().mask.data);
  // Those of before the frame.
  client.messages.length = 0;
  t.match(await client.hear('stats'), { stream: 0, viewers: 1, shares: [0.5, 0.5] });

  client.send({ type: 'unsubscribe', stream: 0 });
  client.send({ type: 'time', id: 7 });
  t.match(await client.hear('time'), { id: 7, serverUs: Number });
  t.equal(server.hub.wanted('front').size, 0);
});

t.test('a client that does not acknowledge gets its window and then the newest', async (t) => {
  const server = await openTestServer(t);
  const client = connectRaw(server);
  await client.hear('hello');
  client.send({ type: 'subscribe', stream: 0, parts: ['mask'], window: 2 });
  await client.hear('subscribed');
  for (let index = 0; index < 10; index++) await show(server, { index });
  t.equal((await client.frame()).seq, 0);
  t.equal((await client.frame()).seq, 1);
  client.send({ type: 'ack', stream: 0, seq: 1 });
  const next = await client.frame();
  t.equal(next.seq, 9, 'the newest, not the next');
  t.equal(next.skipped, 7);
});

t.test('a client that never acknowledges is closed as too slow; another goes on', async (t) => {
  const server = await openTestServer(t, { limits: { ackTimeoutMs: 200 } });
  const slow = connectRaw(server);
  const quick = connectRaw(server);
  for (const client of [slow, quick]) {
    await client.hear('hello');
    client.send({ type: 'subscribe', stream: 0, parts: ['mask'] });
    await client.hear('subscribed');
  }
  await show(server);
  quick.send({ type: 'ack', stream: 0, seq: (await quick.frame()).seq });
  t.equal((await slow.closed).code, CloseCode.tooSlow);
  await show(server);
  t.equal((await quick.frame()).seq, 1);
});

t.test('maxFps is kept', async (t) => {
  const server = await openTestServer(t);
  const client = connectRaw(server);
  await client.hear('hello');
  client.send({ type: 'subscribe', stream: 0, parts: ['mask'], maxFps: 10, window: 8 });
  await client.hear('subscribed');
  const now = performance.timeOrigin + performance.now();
  for (let index = 0; index < 25; index++) await show(server, { index, arrivedAt: now + index * 40 });
  client.send({ type: 'time', id: 1 });
  await client.hear('time');
  t.same(
    client.frames.map((frame) => frame.seq),
    [0, 3, 5, 8, 10, 13, 15, 18],
    '8 of a window of 8, 100 ms apart',
  );
});

t.test('an acknowledgement from before a change of subscription is no error', async (t) => {
  const server = await openTestServer(t);
  const client = connectRaw(server);
  await client.hear('hello');
  client.send({ type: 'subscribe', stream: 0, parts: ['mask'] });
  await client.hear('subscribed');
  await show(server);
  const { seq } = await client.frame();
  client.send({ type: 'subscribe', stream: 0, parts: ['source'] });
  client.send({ type: 'ack', stream: 0, seq });
  client.send({ type: 'unsubscribe', stream: 0 });
  client.send({ type: 'ack', stream: 0, seq });
  client.send({ type: 'time', id: 1 });
  await client.hear('time');
});

const refusals: readonly (readonly [string, unknown, number])[] = [
  ['text that is no JSON', 'hello', CloseCode.badMessage],
  ['an unknown type', { type: 'shutdown' }, CloseCode.badMessage],
  ['a wrong field', { type: 'subscribe', stream: 'front', parts: ['mask'] }, CloseCode.badMessage],
  ['an acknowledgement of what was not sent', { type: 'ack', stream: 0, seq: 0 }, CloseCode.badMessage],
  ['a stream that is not there', { type: 'subscribe', stream: 2, parts: ['mask'] }, CloseCode.noSuchStream],
  ['a message that is too large', 'x'.repeat(70_000), CloseCode.tooBig],
];
for (const [name, message, code] of refusals) {
  t.test(`${name} is closed with ${code}`, async (t) => {
    const server = await openTestServer(t);
    const client = connectRaw(server);
    await client.hear('hello');
    client.send(message);
    t.equal((await client.closed).code, code);
    // The server's own end of the connection may be over a moment later.
    while (server.hub.sessions.size > 0) await sleep(5);
  });
}

t.test('binary messages, floods and silence are closed', async (t) => {
  const server = await openTestServer(t, { helloTimeoutMs: 100 });
  const binary = connectRaw(server);
  await binary.hear('hello');
  binary.socket.send(Buffer.from('{"type":"time","id":1}'));
  t.equal((await binary.closed).code, CloseCode.badMessage);

  const flood = connectRaw(server);
  await flood.hear('hello');
  for (let id = 0; id < 1000; id++) flood.send({ type: 'time', id });
  t.equal((await flood.closed).code, CloseCode.limit);

  const silent = connectRaw(server);
  t.equal((await silent.closed).code, CloseCode.tooSlow);
});

t.test('acknowledgements of frames that are owed do not count, others do', async (t) => {
  const server = await openTestServer(t, { limits: { messagesPerSecond: 5 } });
  const client = connectRaw(server);
  await client.hear('hello');
  client.send({ type: 'subscribe', stream: 0, parts: ['mask'] });
  await client.hear('subscribed');
  for (let index = 0; index < 60; index++) {
    await show(server, { index });
    const { stream, seq } = await client.frame();
    client.send({ type: 'ack', stream, seq });
  }
  for (let count = 0; count < 20; count++) client.send({ type: 'ack', stream: 0, seq: 0 });
  t.match(await client.closed, { code: CloseCode.limit, reason: 'Too many messages' });
});

t.test('more subscriptions than there may be are an error of the client', async (t) => {
  const server = await openTestServer(t, { limits: { subscriptions: 1 } });
  const client = connectRaw(server);
  await client.hear('hello');
  for (const stream of [0, 1]) client.send({ type: 'subscribe', stream, parts: ['mask'] });
  t.match(await client.closed, { code: CloseCode.badMessage, reason: 'At most 1 subscriptions' });
});

t.test('a session of the page outlasts a restart with the same token, not its own end or another token', async (t) => {
  const login = async (server: LiveServer) => {
    const headers = { origin: server.url.slice(0, -1), 'content-type': 'application/json' };
    const { headers: answer } = await ask(server, '/session', {
      method: 'POST',
      headers,
      body: JSON.stringify({ token: TOKEN }),
    });
    return String(answer['set-cookie']).split(';')[0]!;
  };
  const knows = async (server: LiveServer, cookie: string) => {
    // As a browser keeps it, which knows the server by its address.
    const own = cookie.replace(/-\d+=/, `-${server.port}=`);
    return JSON.parse((await ask(server, '/session', { headers: { cookie: own } })).text).authorised as boolean;
  };
  const first = await openTestServer(t, { token: TOKEN });
  const cookie = await login(first);
  t.equal(await knows(first, cookie), true);
  t.equal(await knows(await openTestServer(t, { token: TOKEN }), cookie), true);
  t.equal(await knows(await openTestServer(t, { token: `${TOKEN}-2` }), cookie), false);
  t.equal(await knows(first, cookie.replace(/=\w/, '=9')), false, 'a later end is not what was signed');
  const headers = { origin: first.url.slice(0, -1), cookie };
  t.equal((await ask(first, '/session', { method: 'DELETE', headers })).status, 200);
  t.equal(await knows(first, cookie), false);
});

t.test('a page that is open stays signed in: its session is renewed when it is an hour old', async (t) => {
  const server = await openTestServer(t, { token: TOKEN });
  const hours = 3_600_000;
  const key = createHash('sha256').update(TOKEN).digest();
  const cookieOf = (leftMs: number) => {
    const session = `${(Math.trunc(serverNow()) + leftMs).toString(36)}.c2Vzc2lvbg`;
    const signature = createHmac('sha256', key).update(session).digest('base64url');
    return `segnet-stream-session-${server.port}=${session}.${signature}`;
  };
  const asked = async (cookie: string) => {
    const { headers, text } = await ask(server, '/session', { headers: { cookie } });
    return {
      renewed: (headers['set-cookie'] as string[] | undefined)?.[0],
      authorised: JSON.parse(text).authorised as boolean,
    };
  };
  t.match(await asked(cookieOf(11.5 * hours)), { renewed: undefined, authorised: true });
  t.match(await asked(cookieOf(-1000)), { renewed: undefined, authorised: false });
  const old = cookieOf(hours);
  const open = connectRaw(server, { headers: { cookie: old } });
  await open.hear('hello');
  const { renewed, authorised } = await asked(old);
  t.equal(authorised, true);
  t.match(renewed, /Max-Age=43200; HttpOnly; SameSite=Strict$/);
  t.match(await asked(old), { authorised: true }, 'of another tab');
  const last = (await asked(old)).renewed!.split(';')[0]!;
  t.match(await asked(last), { renewed: undefined, authorised: true });
  await ask(server, '/session', { method: 'DELETE', headers: { origin: server.url.slice(0, -1), cookie: last } });
  t.match(await open.closed, { code: CloseCode.unauthorised }, 'what the old one opened belongs to the new one');
});

t.test('wrong tokens by HTTP are counted and told of, with the address', async (t) => {
  const closed: string[] = [];
  const server = await openTestServer(t, {
    token: TOKEN,
    onClosed: (address, code, reason) => closed.push(`${address} ${code} ${reason}`),
  });
  const headers = { origin: server.url.slice(0, -1) };
  await ask(server, '/session', { method: 'POST', headers, body: JSON.stringify({ token: 'wrong' }) });
  await ask(server, '/metrics', { headers: { authorization: 'Bearer wrong' } });
  t.same(closed, ['127.0.0.1 4401 This is not the token', '127.0.0.1 4401 A valid token is needed']);
  const { text } = await ask(server, '/metrics', { headers: { authorization: `Bearer ${TOKEN}` } });
  t.match(text, /^segnet_stream_ws_clients_refused_total\{code="4401"\} 2$/m);
});

t.test('who signs in again has one session, to which belongs what the one before opened', async (t) => {
  const server = await openTestServer(t, { token: TOKEN });
  const origin = server.url.slice(0, -1);
  const login = async (cookie = '') => {
    const body = JSON.stringify({ token: TOKEN });
    const answer = await ask(server, '/session', { method: 'POST', headers: { origin, cookie }, body });
    return String(answer.headers['set-cookie']).split(';')[0]!;
  };
  const knows = async (cookie: string) =>
    JSON.parse((await ask(server, '/session', { headers: { cookie } })).text).authorised as boolean;
  const first = await login();
  const other = await login();
  const open = connectRaw(server, { headers: { cookie: first } });
  await open.hear('hello');
  const second = await login(first);
  t.same(await Promise.all([first, second, other].map(knows)), [false, true, true]);
  open.send({ type: 'time', id: 1 });
  await open.hear('time');
  t.equal(
    (await ask(server, '/session', { method: 'POST', headers: { origin, cookie: second }, body: '{}' })).status,
    400,
  );
  t.equal(await knows(second), true, 'who brings no token ends nothing');
  await ask(server, '/session', { method: 'DELETE', headers: { origin, cookie: second } });
  t.match(await open.closed, { code: CloseCode.unauthorised, reason: 'The session was ended' });
  t.same(await Promise.all([first, second, other].map(knows)), [false, false, true]);
});

t.test('pings and pongs count as messages do; those that the heartbeat asks for are free', async (t) => {
  const server = await openTestServer(t);
  for (const kind of ['ping', 'pong'] as const) {
    const flood = connectRaw(server);
    await flood.hear('hello');
    for (let count = 0; count < 1000; count++) flood.socket[kind]();
    t.match(await flood.closed, { code: CloseCode.limit, reason: 'Too many messages' }, kind);
  }
  const asking = connectRaw(server);
  await asking.hear('hello');
  asking.socket.ping('x');
  t.equal(String((await once(asking.socket, 'pong'))[0]), 'x');

  const strict = await openTestServer(t, { heartbeatMs: 300, limits: { messagesPerSecond: 0 } });
  const honest = connectRaw(strict);
  await honest.hear('hello');
  for (let beats = 0; beats < 3; beats++) await once(honest.socket, 'ping');
  t.equal(honest.socket.readyState, honest.socket.OPEN);
});

t.test('many fragments are refused by the receiver', async (t) => {
  const server = await openTestServer(t);
  const client = connectRaw(server);
  await client.hear('hello');
  for (let index = 0; index < 100; index++) client.socket.send(' ', { fin: false });
  t.equal((await client.closed).code, 1008);
});

t.test('clients are limited, all together and by address', async (t) => {
  const server = await openTestServer(t, { maxClients: 3, maxClientsPerAddress: 2 });
  const first = connectRaw(server);
  const second = connectRaw(server);
  await first.hear('hello');
  await second.hear('hello');
  t.match(await connectRaw(server).closed, { code: CloseCode.limit, reason: /address/ });
  first.socket.close();
  await first.closed;
  while (server.hub.sessions.size > 1) await sleep(5);
  await connectRaw(server).hear('hello');
});

t.test('other origins, other hosts and other subprotocols stay outside', async (t) => {
  const server = await openTestServer(t, { allowedOrigins: ['https://wall.example'], allowedHosts: ['cam.example'] });
  t.match(await connectRaw(server, { origin: 'https://evil.example' }).closed, { code: CloseCode.forbidden });
  t.match(await connectRaw(server, { origin: 'null' }).closed, { code: CloseCode.forbidden });
  await connectRaw(server, { origin: 'https://wall.example' }).hear('hello');
  t.match(await connectRaw(server, { origin: undefined as never }).closed, {
    code: CloseCode.forbidden,
    reason: /token/,
  });

  const upgrade = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  };
  t.equal((await ask(server, '/ws', { headers: { ...upgrade, host: 'evil.example' } })).status, 421);
  t.equal((await ask(server, '/ws', { headers: upgrade })).status, 400, 'no subprotocol');
  t.equal((await ask(server, '/elsewhere', { headers: upgrade })).status, 404);
  const h2c = { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAMAAABkAAQAoAAAAAIAAAAA' };
  t.match(
    await ask(server, '/healthz', { headers: h2c }),
    { status: 200, text: 'ok\n' },
    'passed over, as HTTP allows',
  );
  t.equal((await ask(server, '/elsewhere', { headers: h2c })).status, 404);
  t.equal((await ask(server, 'http://localhost/healthz?x')).status, 200, 'as a proxy is asked');
  t.equal(
    (await ask(server, '/', { headers: { host: 'evil.example' } })).status,
    421,
    'a name pointed at this address',
  );
  const twice = hold(server, 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n');
  t.match(String((await once(twice, 'data'))[0]), /^HTTP\/1\.1 421/);
  twice.destroy();
  for (const host of ['localhost:1', '127.0.0.1', '[::1]:8080', 'cam.example']) {
    t.equal((await ask(server, '/healthz', { headers: { host } })).status, 200, host);
  }
});

t.test('with a token nobody without it gets in', async (t) => {
  const server = await openTestServer(t, { token: TOKEN });
  const origin = server.url.slice(0, -1);
  t.equal((await connectRaw(server).closed).code, CloseCode.unauthorised);
  t.equal(
    (await connectRaw(server, { headers: { authorization: 'Bearer wrong' } }).closed).code,
    CloseCode.unauthorised,
  );
  await connectRaw(server, { origin: undefined as never, headers: { authorization: `Bearer ${TOKEN}` } }).hear('hello');
  const bearer = BEARER_SUBPROTOCOL_PREFIX + Buffer.from(TOKEN).toString('base64url');
  const page = connectRaw(server, {}, [SUBPROTOCOL, bearer]);
  await page.hear('hello');
  t.equal(page.socket.protocol, SUBPROTOCOL, 'the token is not echoed');

  t.equal((await ask(server, '/metrics')).status, 401);
  t.equal((await ask(server, '/metrics', { headers: { authorization: `Bearer ${TOKEN}` } })).status, 200);
  t.equal((await ask(server, '/')).status, 200, 'the page asks for the token itself');
  t.match(JSON.parse((await ask(server, '/session')).text), { authorised: false, needsToken: true });

  const post = (token: unknown, headers = { origin }) =>
    ask(server, '/session', { method: 'POST', headers, body: JSON.stringify({ token }) });
  t.equal((await post('wrong')).status, 401);
  t.equal((await post(5)).status, 400);
  t.equal((await post(TOKEN, { origin: 'https://evil.example' })).status, 403);
  t.equal((await post('x'.repeat(5000))).status, 413);
  const { status, headers } = await post(TOKEN);
  t.equal(status, 200);
  const cookie = String((headers['set-cookie'] as string[])[0]);
  t.match(cookie, /HttpOnly; SameSite=Strict$/);
  t.notMatch(cookie, TOKEN);
  const session = cookie.split(';')[0]!;
  await connectRaw(server, { headers: { cookie: session } }).hear('hello');
  t.equal(
    (await connectRaw(server, { origin: undefined as never, headers: { cookie: `${session}x` } }).closed).code,
    CloseCode.unauthorised,
  );
  t.match(session, `segnet-stream-session-${server.port}=`, 'cookies are sent to all ports of a host');
  const open = connectRaw(server, { headers: { cookie: session } });
  const byToken = connectRaw(server, { headers: { authorization: `Bearer ${TOKEN}` } });
  await Promise.all([open.hear('hello'), byToken.hear('hello')]);
  await ask(server, '/session', { method: 'DELETE', headers: { origin, cookie: session } });
  t.match(await open.closed, { code: CloseCode.unauthorised, reason: 'The session was ended' });
  t.equal(byToken.socket.readyState, byToken.socket.OPEN);
  t.equal((await connectRaw(server, { headers: { cookie: session } }).closed).code, CloseCode.unauthorised);
});

t.test('tokens cannot be guessed fast, whichever way they are tried', async (t) => {
  const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
  for (const [name, guess, expected] of [
    [
      'by the page',
      async (server: LiveServer, token: string) => {
        const headers = { origin: server.url.slice(0, -1) };
        return (await ask(server, '/session', { method: 'POST', headers, body: JSON.stringify({ token }) })).status;
      },
      [401, 429],
    ],
    [
      'for figures',
      async (server: LiveServer, token: string) => (await ask(server, '/metrics', bearer(token))).status,
      [401, 429],
    ],
    [
      'by WebSocket',
      async (server: LiveServer, token: string) => (await connectRaw(server, bearer(token)).closed).code,
      [CloseCode.unauthorised, CloseCode.limit],
    ],
  ] as const) {
    const server = await openTestServer(t, { token: TOKEN });
    const answers = [];
    while (answers.at(-1) !== expected[1] && answers.length < 50) answers.push(await guess(server, 'no'));
    t.equal(answers[0], expected[0], name);
    t.equal(answers.at(-1), expected[1], `${name}: ${answers.length} tries`);
    t.equal(await guess(server, TOKEN), expected[1], 'the right one is not looked at either');
  }
  const server = await openTestServer(t, { token: TOKEN });
  for (let count = 0; count < 50; count++) t.equal((await ask(server, '/metrics', bearer(TOKEN))).status, 200);
});

t.test('who comes without a token is let try as seldom, and keeps out nobody who has it', async (t) => {
  const server = await openTestServer(t, { token: TOKEN });
  const codes = [];
  while (codes.at(-1) !== CloseCode.limit && codes.length < 50) codes.push((await connectRaw(server).closed).code);
  t.equal(codes[0], CloseCode.unauthorised);
  t.equal(codes.at(-1), CloseCode.limit, `${codes.length} tries`);
  t.equal((await ask(server, '/metrics')).status, 429);
  t.equal((await ask(server, '/session')).status, 200, 'the page may ask');
  t.equal((await ask(server, '/metrics', { headers: { authorization: `Bearer ${TOKEN}` } })).status, 200);
});

/** A connection that sends this, and then nothing more; a `close` of it is the server's. */
function hold(server: LiveServer, text: string, allowHalfOpen = false, localAddress = '127.0.0.1'): Socket {
  const socket = connect({ port: server.port, host: '127.0.0.1', allowHalfOpen, localAddress });
  socket.on('error', () => {}).resume();
  socket.write(text);
  return socket;
}

t.test('connections held open keep nobody else out, and are cut', async (t) => {
  const server = await openTestServer(t, { maxClients: 8, maxClientsPerAddress: 3 });
  const held = Array.from({ length: 20 }, () => hold(server, 'GET / HTTP/1.1\r\nHost: x\r\nX: '));
  let cut = 0;
  for (const socket of held) socket.once('close', () => (cut += 1));
  while (cut < 14) await sleep(5);
  t.equal(cut, 14, 'two connections for each client that one address may have');
  // From another address of this machine.
  const elsewhere = connect({ port: server.port, host: '127.0.0.1', localAddress: '127.0.0.2' });
  elsewhere.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
  const [answer] = await once(elsewhere, 'data');
  t.match(String(answer), /^HTTP\/1\.1 200/);
  // The rest are waited for no longer than a request may take to be heard.
  while (cut < held.length) await sleep(50);
});

t.test('several addresses that together hold all connections open keep nobody else out', async (t) => {
  const closed: string[] = [];
  const onClosed = (address: string, _: number, reason: string) => closed.push(`${address}: ${reason}`);
  const server = await openTestServer(t, { maxClients: 3, maxClientsPerAddress: 2, onClosed });
  const viewer = connectRaw(server);
  await viewer.hear('hello');
  const held = ['127.0.0.2', '127.0.0.3', '127.0.0.4'].flatMap((address) =>
    Array.from({ length: 4 }, () => hold(server, '', false, address)),
  );
  let cut = 0;
  for (const socket of held) socket.once('close', () => (cut += 1));
  while (cut < 7) await sleep(5);
  t.equal((await ask(server, '/healthz')).status, 200);
  const another = connectRaw(server);
  await another.hear('hello');
  viewer.send({ type: 'time', id: 1 });
  t.match(await viewer.hear('time'), { id: 1 }, 'who was let in stays');
  t.match((await ask(server, '/metrics')).text, /cut_total\{reason="connections"\} (9|1\d)$/m);
  t.equal(closed[0], 'all addresses: All 6 connections were taken: the oldest was cut');
});

t.test('an address that asks for too much is cut, and keeps nobody else out', async (t) => {
  const server = await openTestServer(t, { maxClientsPerAddress: 1 });
  const flood = connect({ port: server.port, host: '127.0.0.1' });
  flood.on('error', () => {});
  let text = '';
  flood.on('data', (data) => (text += data));
  flood.write('GET /icon.svg HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(200));
  await once(flood, 'close');
  const answers = [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status);
  t.ok(answers.length >= 49 && answers.length < 100, `${answers.length} answers`);
  t.equal(answers.at(-1), '429');
  t.match(text.slice(text.lastIndexOf('HTTP/1.1')), /Connection: close/i);
  t.equal(answers.filter((status) => status !== '200').length, 1);
  t.equal((await ask(server, '/icon.svg')).status, 429);
  t.equal((await ask(server, '/healthz')).status, 200, 'health probes have a budget of their own');

  const elsewhere = connect({ port: server.port, host: '127.0.0.1', localAddress: '127.0.0.2' });
  elsewhere.write('GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
  let metrics = '';
  for await (const data of elsewhere) metrics += data;
  t.match(metrics, /^segnet_stream_connections_cut_total\{reason="requests"\} 2$/m);
});

t.test('who floods health probes is cut as well, and keeps to himself', async (t) => {
  const server = await openTestServer(t, { maxClientsPerAddress: 1 });
  const statuses = [];
  while (statuses.at(-1) !== 429 && statuses.length < 50) statuses.push((await ask(server, '/readyz')).status);
  t.equal(statuses.at(-1), 429);
  t.ok(statuses.length > 10, `${statuses.length} probes`);
  t.equal((await ask(server, '/icon.svg')).status, 200, 'its page goes on');
  await once(hold(server, 'GET /icon.svg HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(200)), 'close');
  const unheard = hold(server, 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
  let answer = '';
  unheard.on('data', (data) => (answer += data));
  await once(unheard, 'close');
  t.equal(answer, '', 'where both are used up no connection is looked at');
});

t.test('a page load and a scraper never ask for too much', async (t) => {
  const server = await openTestServer(t);
  for (let round = 0; round < 10; round++) {
    for (const path of ['/', '/viewer.js', '/viewer.css', '/icon.svg', '/session', '/metrics', '/healthz', '/readyz'])
      t.equal((await ask(server, path)).status, 200, path);
    const client = connectRaw(server);
    await client.hear('hello');
    client.socket.terminate();
  }
});

t.test('who goes on sending after a close is cut at once', async (t) => {
  const server = await openTestServer(t, { token: TOKEN, closeTimeoutMs: 60_000 });
  const socket = hold(
    server,
    'GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
      `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: ${SUBPROTOCOL}\r\n\r\n`,
  );
  const pongs = Buffer.from([0x8a, 0x80, 0, 0, 0, 0].concat(...Array(99).fill([0x8a, 0x80, 0, 0, 0, 0])));
  while (!socket.destroyed) {
    socket.write(pongs);
    await sleep(1);
  }
  const { text } = await ask(server, '/metrics', { headers: { authorization: `Bearer ${TOKEN}` } });
  t.match(text, /^segnet_stream_connections_cut_total\{reason="messages"\} 1$/m);
  t.match(text, /^segnet_stream_ws_clients_refused_total\{code="4401"\} 1$/m);
});

t.test('a refused upgrade leaves no connection behind', async (t) => {
  const server = await openTestServer(t);
  for (const path of ['/ws', '/elsewhere']) {
    const upgrade = `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`;
    const socket = hold(server, upgrade, true);
    await once(socket, 'end');
    // Its other half is open still; the server resets it.
    while (!socket.destroyed) {
      socket.write('x');
      await sleep(5);
    }
  }
  await server.close('The test is over');
});

t.test('a client that reads nothing and subscribes again and again is sent no more', async (t) => {
  const server = await openTestServer(t);
  const client = connectRaw(server);
  await client.hear('hello');
  client.socket.pause();
  const parts = [{ kind: 'mask', codec: 'deflate-raw', data: new Uint8Array(100_000) }] as const;
  for (let index = 0; index < 200; index++) {
    client.send({ type: 'unsubscribe', stream: 0 });
    client.send({ type: 'subscribe', stream: 0, parts: ['mask'], window: 8 });
    await sleep(9);
    server.hub.show(fakeFrame({ index }), parts, 1);
  }
  const [session] = server.hub.sessions;
  t.ok(session!.unsentBytes > 500_000 && session!.unsentBytes < 1_200_000, `${session!.unsentBytes} bytes unsent`);
  client.socket.terminate();
});

t.test('who subscribes again owes what he owed, and is not sent the same frame again', async (t) => {
  const server = await openTestServer(t);
  const client = connectRaw(server);
  await client.hear('hello');
  for (let index = 0; index < 20; index++) {
    client.send({ type: 'subscribe', stream: 0, parts: ['mask'], window: 2, maxFps: 240 });
    await client.hear('subscribed');
    if (index < 10) await show(server, { index, arrivedAt: 1000 + index * 10 });
  }
  client.send({ type: 'time', id: 1 });
  await client.hear('time');
  t.same(
    client.frames.map(({ seq }) => seq),
    [0, 1],
    'a window of two',
  );
  client.send({ type: 'ack', stream: 0, seq: 1 });
  await client.frame();
  await client.frame();
  t.match(await client.frame(), { seq: 9, skipped: 7 });
});

t.test('who subscribes again and never acknowledges is closed as too slow, and keeps its pace', async (t) => {
  const server = await openTestServer(t, { limits: { ackTimeoutMs: 1500 } });
  const client = connectRaw(server);
  await client.hear('hello');
  let isOpen = true;
  void client.closed.then(() => (isOpen = false));
  const begunAt = performance.timeOrigin + performance.now();
  for (let index = 0; isOpen; index++) {
    client.send({ type: 'subscribe', stream: 0, parts: ['mask'], maxFps: 1, window: 8 });
    await sleep(20);
    await show(server, { index, arrivedAt: begunAt + index * 20 });
  }
  t.equal((await client.closed).code, CloseCode.tooSlow);
  const [first, second] = client.frames;
  t.ok(second === undefined || second.capturedUs - first!.capturedUs >= 1e6);
});

t.test('refuses to let others in without a token, and short tokens', async (t) => {
  const options = { ...LISTEN_DEFAULTS, streams: ['a'], server: '', model: {} as never, classes: [], port: 0 };
  for (const host of ['0.0.0.0', '::', '192.168.1.2', 'example.org']) {
    await t.rejects(openLiveServer({ ...options, host }), { code: 'TOKEN_NEEDED' });
  }
  await t.rejects(openLiveServer({ ...options, token: 'short' }), { code: 'OPTION_INVALID', message: /16 characters/ });
  const foreign = 'correct-horse-batt€ry';
  await t.rejects(openLiveServer({ ...options, token: foreign }), { code: 'OPTION_INVALID', message: /ASCII/ });
  const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
  const before = timers();
  await t.rejects(openTestServer(t, { tls: { cert: 'no', key: 'no' } }), { code: 'TLS_INVALID' });
  t.ok(timers() <= before, 'none is left, so that a program without a server can end');
});

t.test('a port that is taken, and an address of elsewhere', async (t) => {
  const { port } = await openTestServer(t);
  await t.rejects(openTestServer(t, { port }), { code: 'PORT_TAKEN', message: new RegExp(String(port)) });
  await t.rejects(openTestServer(t, { host: '192.0.2.1', token: TOKEN }), { code: 'ADDRESS_UNUSABLE' });
});

t.test('health, readiness, metrics, and headers that keep others out', async (t) => {
  let reason: string | undefined = 'warming up';
  const server = await openTestServer(t, { notReady: () => reason });
  t.equal((await ask(server, '/healthz')).status, 200);
  t.match(await ask(server, '/readyz'), { status: 503, text: /warming up/ });
  reason = undefined;
  t.equal((await ask(server, '/readyz')).status, 200);
  server.hub.setStatus('front', { state: 'live', epoch: 0, since: 0 });
  server.hub.setStatus('back', { state: 'connecting', epoch: 1, since: 0 });
  server.hub.drop('front', 'busy');
  await show(server);
  const { text } = await ask(server, '/metrics');
  for (const line of [
    'segnet_stream_frames_total{stream="front"} 1',
    'segnet_stream_frames_dropped_total{stream="front",reason="busy"} 1',
    'segnet_stream_source_up{stream="front"} 1',
    'segnet_stream_source_up{stream="back"} 0',
    'segnet_stream_source_restarts_total{stream="front"} 0',
    'segnet_stream_source_restarts_total{stream="back"} 1',
    'segnet_stream_stage_duration_seconds_count{stream="front",stage="segment"} 1',
    'segnet_stream_frame_latency_seconds_count{stream="front"} 1',
    'segnet_stream_ws_clients 0',
  ]) {
    t.ok(text.includes(line), line);
  }
  const page = await ask(server, '/');
  t.match(page.headers, {
    'content-security-policy': /default-src 'none'.*frame-ancestors 'none'/,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  });
  t.equal((await ask(server, '/', { headers: { 'if-none-match': String(page.headers.etag) } })).status, 304);
  t.equal((await ask(server, '/../package.json')).status, 404);
  t.equal((await ask(server, '/', { method: 'PUT' })).status, 405);
});

t.test('closing tells every client why, and when to come back', async (t) => {
  const server = await openTestServer(t);
  const client = connectRaw(server);
  await client.hear('hello');
  const closing = server.close('Maintenance');
  t.match(await client.hear('closing'), { reason: 'Maintenance', retryAfterMs: 2000 });
  t.match(await client.closed, { code: CloseCode.shutdown, reason: 'Maintenance' });
  await closing;
  await server.close('again');
});

t.test('a client that answers no ping is ended, one that does not close is cut', async (t) => {
  const server = await openTestServer(t, { heartbeatMs: 50, closeTimeoutMs: 50 });
  const dead = connectRaw(server, { autoPong: false });
  const alive = connectRaw(server);
  await Promise.all([dead.hear('hello'), alive.hear('hello')]);
  t.equal((await dead.closed).code, 1006);
  await sleep(120);
  t.equal(alive.socket.readyState, alive.socket.OPEN);
  alive.socket.pause();
  await server.close('The test is over');
  alive.socket.terminate();
});

t.test('states reach every client, without secrets', async (t) => {
  const server = await openTestServer(t, { describeError: (error) => `scrubbed ${(error as Error).message.length}` });
  const client = connectRaw(server);
  await client.hear('hello');
  server.hub.setStatus('back', { state: 'failed', epoch: 2, since: 5, retryAt: 9, error: new Error('secret') });
  t.match(await client.hear('streams'), {
    streams: [
      { name: 'front' },
      { name: 'back', state: 'failed', epoch: 2, since: 5, retryAt: 9, error: 'scrubbed 6' },
    ],
  });
  server.hub.setStatus('back', { state: 'connecting', epoch: 3, since: 5 });
  t.match((await client.hear('streams')).streams, [{}, { state: 'connecting', error: 'scrubbed 6' }]);
  server.hub.setStatus('back', { state: 'connecting', epoch: 3, since: 5, file: 'monday/dash.mp4' });
  t.match(await client.hear('streams'), {
    streams: [
      { name: 'front', file: undefined },
      { state: 'connecting', epoch: 3, file: 'monday/dash.mp4', error: undefined },
    ],
  });
  server.hub.setStatus('back', { state: 'live', epoch: 3, since: 6 });
  t.notOk(((await client.hear('streams')).streams as { error?: string }[])[1]!.error);
});

t.test('thousands of malformed messages: nothing crashes, each is refused with the right code', async (t) => {
  const server = await openTestServer(t, { maxClientsPerAddress: 100 });
  let seed = 1;
  const random = (below: number): number => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return seed % below;
  };
  const valid = [
    { type: 'subscribe', stream: 0, parts: ['mask', 'source'], maxFps: 5, window: 2 },
    { type: 'ack', stream: 0, seq: 1 },
    { type: 'time', id: 1 },
  ].map((message) => JSON.stringify(message));
  const codes = new Map<number, number>();
  const attack = async (): Promise<void> => {
    const client = connectRaw(server);
    await client.hear('hello');
    const bytes = Buffer.from(valid[random(valid.length)]!);
    for (let count = 0; count <= random(6); count++) bytes[random(bytes.length)] = random(256);
    const isText = random(10) > 0;
    if (random(10) === 0) client.socket.send(bytes.subarray(0, random(bytes.length)), { binary: false });
    client.socket.send(bytes, { binary: !isText });
    client.send({ type: 'time', id: 99 });
    await Promise.race([client.closed, client.hear('time').catch(() => {})]);
    if (client.socket.readyState === client.socket.OPEN) client.socket.close();
    const { code } = await client.closed;
    codes.set(code, (codes.get(code) ?? 0) + 1);
  };
  for (let round = 0; round < 24; round++) await Promise.all(Array.from({ length: 50 }, attack));
  t.comment(JSON.stringify(Object.fromEntries(codes)));
  const allowed: number[] = [1005, 1007, CloseCode.badMessage, CloseCode.noSuchStream];
  t.same(
    [...codes.keys()].filter((code) => !allowed.includes(code)),
    [],
  );
  t.ok((codes.get(CloseCode.badMessage) ?? 0) > 900);
  while (server.hub.sessions.size > 0) await sleep(5);
  await connectRaw(server).hear('hello');
});
