import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { encodeParts } from '../../../operators/encode-parts.js';
import type { LiveServer } from '../../../pipeline/serve/live-server.js';
import { fakeFrame } from '../serve/fake-frames.js';
import { openTestServer } from '../serve/open-test-server.js';

const TOKEN = 'correct-horse-battery-staple';
const EXAMPLES = fileURLToPath(new URL('../../../pipeline/client/examples/', import.meta.url));
const PYTHON = ['python3', '/usr/bin/python3'].find(
  (path) => spawnSync(path, ['-c', 'import websockets']).status === 0,
);

/** A server that shows frames until the test is over. */
async function openBusyServer(t: Test): Promise<LiveServer> {
  const server = await openTestServer(t, { token: TOKEN });
  let index = 0;
  const timer = setInterval(async () => {
    const frame = fakeFrame({ index: index++ });
    const parts = await encodeParts(frame, server.hub.wanted('front'));
    server.hub.show(frame, parts, 1);
  }, 20);
  t.teardown(() => clearInterval(timer));
  return server;
}

function run(program: string, args: readonly string[]): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, SEGNET_STREAM_TOKEN: TOKEN };
    execFile(program, args, { env, timeout: 60_000 }, (error, stdout, stderr) => {
      if (error) reject(new Error(`${error.message}\n${stderr}`));
      else resolve(stdout.trim().split('\n'));
    });
  });
}

/** A port that nobody listens on. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function checkLines(t: Test, lines: readonly string[]): void {
  const frames = lines.map((line) => JSON.parse(line));
  t.equal(frames.length, 3);
  for (const frame of frames) {
    t.match(frame, { stream: 'front', ptsUs: Number, road: 0.5, skipped: Number });
    t.ok(frame.ptsUs >= 0 && frame.skipped >= 0);
  }
  t.ok(frames[2].ptsUs > frames[0].ptsUs);
}

t.test('the example in TypeScript', async (t) => {
  const server = await openBusyServer(t);
  checkLines(
    t,
    await run(process.execPath, [...process.execArgv, `${EXAMPLES}consumer.ts`, server.url, '--frames', '3']),
  );
});

t.test(
  'the example in Python',
  { skip: !PYTHON && 'no Python with websockets here: pip install websockets' },
  async (t) => {
    const server = await openBusyServer(t);
    checkLines(t, await run(PYTHON!, [`${EXAMPLES}consumer.py`, server.url, '--frames', '3']));
    checkLines(
      t,
      await run(PYTHON!, [`${EXAMPLES}consumer.py`, `${server.url.replace('http', 'ws')}ws`, '--frames', '3']),
    );
  },
);

t.test('the example in TypeScript says that nobody is there, and tries again', async (t) => {
  const url = `ws://127.0.0.1:${await closedPort()}`;
  const child = spawn(process.execPath, [...process.execArgv, `${EXAMPLES}consumer.ts`, url]);
  t.teardown(() => child.kill());
  const [said] = await once(child.stderr.setEncoding('utf8'), 'data');
  t.equal(said, `Not connected to ${url}: Connection refused. Trying again.\n`);
});

t.test('the example in TypeScript refuses a count that is none', async (t) => {
  const child = spawn(process.execPath, [...process.execArgv, `${EXAMPLES}consumer.ts`, '--frames', 'abc']);
  const [status] = await once(child, 'exit');
  t.equal(status, 2);
});

t.test(
  'the example in Python says in one line what is wrong',
  { skip: !PYTHON && 'no Python with websockets here: pip install websockets' },
  async (t) => {
    const saidOf = (address: string, token: string, ...args: readonly string[]) => {
      const env = { ...process.env, SEGNET_STREAM_TOKEN: token };
      return new Promise<string>((resolve) =>
        execFile(PYTHON!, [`${EXAMPLES}consumer.py`, address, ...args], { env }, (_, __, stderr) => resolve(stderr)),
      );
    };
    const server = await openTestServer(t, { token: TOKEN });
    t.match(await saidOf(server.url, ''), /^Programs need .*SEGNET_STREAM_TOKEN.*\n$/);
    t.equal(await saidOf(server.url, TOKEN, '--stream', 'x'), 'There is no stream x; there are front, back\n');
    t.match(await saidOf(server.url, 'wrong'), /^No frames from [^(]*\(4401\); .*\n$/);
    t.match(await saidOf(`${server.url}elsewhere`, TOKEN), /^No frames from .*\b404\b.*ws:\/\/127.*\n$/);
    t.match(await saidOf(`ws://127.0.0.1:${await closedPort()}`, TOKEN), /^No frames from .*serve` running there\?\n$/);
    t.match(await saidOf('127.0.0.1', TOKEN), /^No frames from 127\.0\.0\.1.*\n$/);
    t.match(await saidOf(server.url, TOKEN, '--frames', '0'), /--frames to be at least 1\n$/);
  },
);
