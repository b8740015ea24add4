import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import t from 'tap';
import { startFfmpeg } from '../../operators/ffmpeg.js';
import { findFfmpeg } from '../../operators/find-ffmpeg.js';
import { type Inlet, openInlet } from '../../operators/inlet.js';

/** A child that writes the numbers from 1 on, a line each, `until` of them; 6.9 MB of a million. */
function writer(inlet: Inlet, until: number): ChildProcess {
  const child = spawn('seq', [String(until)], { stdio: ['ignore', inlet.stdio, 'inherit'] });
  inlet.start(child.stdout);
  return child;
}

function numbers(until: number): string {
  return Array.from({ length: until }, (_, i) => `${i + 1}\n`).join('');
}

t.test('everything that a child writes comes, in order, in one buffer', async (t) => {
  const buffers = new Set<ArrayBufferLike>();
  let text = '';
  const inlet = await openInlet(
    (bytes) => {
      buffers.add(bytes.buffer);
      text += Buffer.from(bytes).toString('latin1');
      return true;
    },
    (error) => t.fail(String(error)),
  );
  writer(inlet, 300_000);
  await inlet.ended;
  t.ok(text === numbers(300_000));
  if (process.platform !== 'win32') t.equal(buffers.size, 1);
});

t.test('while no more is wanted the child waits, and nothing is lost', async (t) => {
  let count = 0;
  const inlet = await openInlet(
    (bytes) => {
      count += bytes.length;
      return false;
    },
    (error) => t.fail(String(error)),
  );
  const child = writer(inlet, 300_000);
  const whole = numbers(300_000).length;
  let exited = false;
  child.once('exit', () => {
    exited = true;
  });
  let before = -1;
  while (before !== count) {
    before = count;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  t.ok(count < whole, `${count} bytes`);
  t.notOk(exited, 'it cannot get rid of the rest');
  const timer = setInterval(() => inlet.resume(), 1);
  await inlet.ended;
  clearInterval(timer);
  t.equal(count, whole);
});

t.test('what the taker throws is told, and ends nothing else', async (t) => {
  let told: unknown;
  const inlet = await openInlet(
    () => {
      throw new RangeError('no such picture');
    },
    (error) => {
      told = error;
    },
  );
  const child = writer(inlet, 10);
  await new Promise((resolve) => child.once('exit', resolve));
  while (told === undefined) await new Promise((resolve) => setTimeout(resolve, 10));
  t.match(told, { message: 'no such picture' });
  inlet.destroy();
  await inlet.ended;
});

t.test('one that no child ever got can be thrown away', async (t) => {
  const inlet = await openInlet(
    () => true,
    () => {},
  );
  inlet.destroy();
  t.equal(await inlet.ended, undefined);
});

t.test('a temporary folder whose name is too long for a socket is no obstacle', async (t) => {
  const { TMPDIR } = process.env;
  t.teardown(() => {
    process.env.TMPDIR = TMPDIR;
    if (TMPDIR === undefined) delete process.env.TMPDIR;
  });
  const name = 'long'.repeat(30);
  process.env.TMPDIR = join(t.testdir({ [name]: {} }), name);
  let text = '';
  const inlet = await openInlet(
    (bytes) => {
      text += Buffer.from(bytes).toString('latin1');
      return true;
    },
    (error) => t.fail(String(error)),
  );
  writer(inlet, 3);
  await inlet.ended;
  t.equal(text, numbers(3));
});

t.test('ffmpeg is refused where its inlet was given up before it began', async (t) => {
  const inlet = await openInlet(
    () => true,
    (error) => t.fail(String(error)),
  );
  inlet.destroy();
  const run = {
    inputs: [{ source: 'nothing' }],
    outputs: [{ target: 'pipe:1', options: ['-f', 'null'] }],
    inlets: [{ descriptor: 1, inlet }],
  };
  await t.rejects(startFfmpeg(await findFfmpeg(), run), { message: /stdio/ });
});
