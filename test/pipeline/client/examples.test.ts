import { execFile, spawnSync } from 'node:child_process';
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
  checkLines(t, await run(process.execPath, [...process.execArgv, `${EXAMPLES}consumer.ts`, server.url, '3']));
});

t.test(
  'the example in Python',
  { skip: !PYTHON && 'no Python with websockets here: pip install websockets' },
  async (t) => {
    const server = await openBusyServer(t);
    checkLines(t, await run(PYTHON!, [`${EXAMPLES}consumer.py`, `${server.url.replace('http', 'ws')}ws`, '3']));
  },
);
