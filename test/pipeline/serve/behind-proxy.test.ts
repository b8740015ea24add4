import { once } from 'node:events';
import { connect } from 'node:net';
import t from 'tap';
import { CloseCode } from '../../../pipeline/client/protocol.js';
import type { LiveServer } from '../../../pipeline/serve/live-server.js';
import { ask } from './ask.js';
import { openTestServer } from './open-test-server.js';
import { connectRaw } from './raw-client.js';

const TOKEN = 'correct-horse-battery-staple';
const trustedProxies = ['loopback'];
/** What a proxy on this machine writes of who it heard. */
const of = (address: string) => ({ 'x-forwarded-for': address });

/** Asks until it is refused; how often it was answered. */
async function exhaust(server: LiveServer, headers: Record<string, string>): Promise<number> {
  for (let count = 0; count < 200; count++)
    if ((await ask(server, '/icon.svg', { headers })).status === 429) return count;
  return Number.POSITIVE_INFINITY;
}

t.test('behind a trusted proxy each client has requests of its own', async (t) => {
  const server = await openTestServer(t, { maxClientsPerAddress: 1, trustedProxies });
  const answered = await exhaust(server, of('192.0.2.1'));
  t.ok(answered >= 50 && answered < 100, `${answered} answers`);
  t.equal((await ask(server, '/icon.svg', { headers: of('192.0.2.2') })).status, 200);
  t.equal((await ask(server, '/icon.svg', { headers: of('192.0.2.2, 192.0.2.1') })).status, 429, 'no more by a lie');
  t.equal((await ask(server, '/icon.svg')).status, 200, 'the proxy itself');
  t.equal((await ask(server, '/healthz', { headers: of('192.0.2.1') })).status, 200);
});

t.test('what others say of themselves is not believed', async (t) => {
  const server = await openTestServer(t, { maxClientsPerAddress: 1, trustedProxies: ['10.0.0.0/8'], token: TOKEN });
  t.ok((await exhaust(server, of('192.0.2.1'))) < 100);
  t.equal((await ask(server, '/icon.svg', { headers: of('192.0.2.2') })).status, 429);
  const other = await openTestServer(t, { trustedProxies: ['10.0.0.0/8'], token: TOKEN });
  const headers = { origin: `https://127.0.0.1:${other.port}`, 'x-forwarded-proto': 'https' };
  const body = JSON.stringify({ token: TOKEN });
  t.equal((await ask(other, '/session', { method: 'POST', headers, body })).status, 403);
});

t.test('wrong tokens count for who tries them', async (t) => {
  const server = await openTestServer(t, { token: TOKEN, trustedProxies });
  const guess = async (address: string, token: string) =>
    (await ask(server, '/metrics', { headers: { ...of(address), authorization: `Bearer ${token}` } })).status;
  for (let count = 0; count < 12; count++) await guess('192.0.2.1', 'no');
  t.equal(await guess('192.0.2.1', TOKEN), 429);
  t.equal(await guess('192.0.2.2', TOKEN), 200);
  for (let count = 0; count < 12; count++) await ask(server, '/metrics', { headers: of('192.0.2.3') });
  t.equal((await ask(server, '/metrics', { headers: of('192.0.2.3') })).status, 429);
  t.equal((await ask(server, '/metrics', { headers: of('192.0.2.4') })).status, 401);
});

t.test('clients are limited, and told of, by their own addresses', async (t) => {
  const closed: unknown[] = [];
  const server = await openTestServer(t, {
    maxClientsPerAddress: 1,
    trustedProxies,
    onClosed: (address, code) => closed.push([address, code]),
  });
  await connectRaw(server, { headers: of('192.0.2.1') }).hear('hello');
  await connectRaw(server, { headers: of('192.0.2.2') }).hear('hello');
  const second = connectRaw(server, { headers: of('192.0.2.1') });
  t.match(await second.closed, { code: CloseCode.limit, reason: /from one address/ });
  t.same(closed, [['192.0.2.1', CloseCode.limit]]);
});

t.test('who holds requests open behind a proxy keeps nobody else out', async (t) => {
  const server = await openTestServer(t, { token: TOKEN, maxClientsPerAddress: 2, trustedProxies });
  const origin = server.url.slice(0, -1);
  const post = `POST /session HTTP/1.1\r\nHost: ${origin.slice(7)}\r\nOrigin: ${origin}\r\nContent-Length: 9\r\n`;
  const h2c = 'GET /icon.svg HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n';
  const send = (text: string) => {
    const socket = connect({ port: server.port, host: '127.0.0.1' });
    t.teardown(() => socket.destroy());
    socket.write(`${text}X-Forwarded-For: 192.0.2.1\r\n\r\n`);
    return socket;
  };
  // Those that are over, and how they were asked, count no more.
  for (let count = 0; count < 6; count++) {
    await ask(server, '/icon.svg', { headers: of('192.0.2.1') });
    const [answer] = await once(send(h2c), 'data');
    t.match(String(answer), /^HTTP\/1\.1 200/);
  }
  const held = Array.from({ length: 5 }, () => send(post));
  const [answer] = await Promise.race(held.map((socket) => once(socket, 'data')));
  t.match(String(answer), /^HTTP\/1\.1 429/, 'two for each client that an address may have');
  t.equal((await ask(server, '/icon.svg', { headers: of('192.0.2.2') })).status, 200);
});

t.test('a proxy that ends TLS: the page is of this origin, and its cookie goes by TLS alone', async (t) => {
  const server = await openTestServer(t, { token: TOKEN, allowedHosts: ['cam.example'], trustedProxies });
  const headers = { host: 'cam.example', origin: 'https://cam.example', 'x-forwarded-proto': 'https' };
  const post = (given: Record<string, string>) =>
    ask(server, '/session', { method: 'POST', headers: given, body: JSON.stringify({ token: TOKEN }) });
  const { status, headers: answer } = await post(headers);
  t.equal(status, 200);
  const [cookie] = answer['set-cookie'] as string[];
  t.match(cookie, /; Secure$/);
  const { origin, ...others } = { ...headers, 'x-forwarded-proto': 'wss', cookie: cookie!.split(';')[0]! };
  await connectRaw(server, { origin, headers: others }).hear('hello');
  t.equal((await post({ ...headers, origin: 'http://cam.example' })).status, 403, 'a page that anybody could change');
  t.equal((await post({ ...headers, origin: 'https://evil.example' })).status, 403);
  t.equal((await post({ ...headers, 'x-forwarded-proto': 'http' })).status, 403);
  t.equal((await post({ ...headers, host: 'evil.example', origin: 'https://evil.example' })).status, 421);
});

t.test('headers that make no sense harm nobody', async (t) => {
  const server = await openTestServer(t, { maxClientsPerAddress: 1, trustedProxies });
  for (const header of [
    '',
    ','.repeat(8000),
    'unknown',
    '::1%a:b:c:d:e:f:g:h:i',
    '\t',
    '"192.0.2.1"',
    '['.repeat(8000),
  ]) {
    t.equal((await ask(server, '/icon.svg', { headers: of(header) })).status, 200);
    const client = connectRaw(server, { headers: of(header) });
    await client.hear('hello');
    client.socket.close();
    await client.closed;
  }
  const twice = ['192.0.2.9', '192.0.2.8'] as unknown as string;
  for (let count = 0; count < 60; count++) await ask(server, '/icon.svg', { headers: of(twice) });
  t.equal((await ask(server, '/icon.svg', { headers: of('192.0.2.8') })).status, 429, 'of two headers the last counts');
  t.equal((await ask(server, '/icon.svg', { headers: of('192.0.2.9') })).status, 200);
});
