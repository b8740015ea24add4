import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
import { packagedFile } from '../../../pipeline/options/package-root.js';
import { lockOutputs } from '../../../pipeline/run/output-lock.js';

/** The lock of an output, as a run with these words in it left it so long ago. */
function leave(t: Test, text: string, secondsAgo = 0): { readonly output: string; readonly path: string } {
  const folder = t.testdir({});
  const path = join(folder, '.segnet-stream', 'a.mp4.lock');
  mkdirSync(join(folder, '.segnet-stream'));
  writeFileSync(path, text);
  const at = Date.now() / 1000 - secondsAgo;
  utimesSync(path, at, at);
  return { output: join(folder, 'a.mp4'), path };
}

t.test('an output is locked once, by all or by none, and free afterwards', async (t) => {
  const folder = t.testdir({});
  const [a, b] = [join(folder, 'a.mp4'), join(folder, 'b.mkv')];
  const lock = await lockOutputs([a]);
  await t.rejects(lockOutputs([b, a]), { code: 'OUTPUT_BUSY', message: /a\.mp4 is being written by this program/ });
  t.same(readdirSync(join(folder, '.segnet-stream')), ['a.mp4.lock'], 'b is free again');
  await lock.release();
  t.same(readdirSync(folder), []);
  await (await lockOutputs([a, b])).release();
});

t.test('two runs of one process at the same time: one has the lock, and keeps it', async (t) => {
  const output = join(t.testdir({}), 'a.mp4');
  for (let round = 0; round < 50; round++) {
    const results = await Promise.allSettled([lockOutputs([output]), lockOutputs([output])]);
    const locks = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    const [refused] = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
    t.equal(locks.length, 1);
    t.match(refused, { code: 'OUTPUT_BUSY' });
    t.ok(existsSync(join(dirname(output), '.segnet-stream', 'a.mp4.lock')));
    await locks[0]!.release();
  }
});

t.test('a living process keeps its lock, here and elsewhere', async (t) => {
  const here = leave(t, `${process.ppid} ${hostname()}\n`);
  await t.rejects(lockOutputs([here.output]), {
    code: 'OUTPUT_BUSY',
    message: new RegExp(`process ${process.ppid}\\)`),
  });
  const elsewhere = leave(t, '17 another-machine\n');
  await t.rejects(lockOutputs([elsewhere.output]), { code: 'OUTPUT_BUSY', message: /process 17 on another-machine/ });
  t.ok(existsSync(elsewhere.path));
});

t.test('what a killed run left is taken over', async (t) => {
  const dead = 2 ** 22 + 1; // Above every pid that Linux gives.
  for (const [title, text, secondsAgo] of [
    ['its process is gone', `${dead} ${hostname()}\n`, 0],
    ['its number is now ours, as in a container that was started again', `${process.pid} ${hostname()}\n`, 0],
    ['another machine gave no sign of life', '17 another-machine\n', 31],
    ['it is empty', '', 31],
  ] as const) {
    const { output, path } = leave(t, text, secondsAgo);
    const lock = await lockOutputs([output]);
    t.ok(existsSync(path), title);
    await lock.release();
  }
});

t.test('a lock that is empty yet is one that has just begun', async (t) => {
  await t.rejects(lockOutputs([leave(t, '').output]), { code: 'OUTPUT_BUSY', message: /just begun/ });
});

t.test('a place that cannot be written to is one clear error', async (t) => {
  const folder = t.testdir({ file: '' });
  await t.rejects(lockOutputs([join(folder, 'file', 'a.mp4')]), { code: 'OUTPUT_UNWRITABLE', message: /a\.mp4/ });
});

t.test('of several processes that find a dead lock one takes it', async (t) => {
  const dead = 2 ** 22 + 1;
  const module = packagedFile('dist', 'pipeline', 'run', 'output-lock.js');
  // Each begins at a line on its standard input, and holds what it has until that ends.
  const script = `
    const { lockOutputs } = await import(${JSON.stringify(module)});
    console.log('ready');
    process.stdin.once('data', async () => {
      const end = await lockOutputs([process.argv[1]]).then(() => 'taken', (error) => error.code);
      console.log(end);
    });`;
  for (let round = 0; round < 4; round++) {
    const { output } = leave(t, `${dead} ${hostname()}\n`);
    const processes = [1, 2, 3, 4].map(() => {
      const child = spawn(process.execPath, ['--input-type=module', '-e', script, output]);
      const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
      return { child, nextLine: async () => (await lines.next()).value as string };
    });
    const nextLines = () => Promise.all(processes.map(({ nextLine }) => nextLine()));
    t.same(await nextLines(), ['ready', 'ready', 'ready', 'ready']);
    for (const { child } of processes) child.stdin.write('go\n');
    const ends = await nextLines();
    for (const { child } of processes) child.stdin.end();
    t.same(ends.sort(), ['OUTPUT_BUSY', 'OUTPUT_BUSY', 'OUTPUT_BUSY', 'taken'], `round ${round}`);
  }
});

t.test('locks that come and go are held by one at a time', async (t) => {
  const folder = t.testdir({});
  const module = packagedFile('dist', 'pipeline', 'run', 'output-lock.js');
  const script = `
    import { existsSync, rmSync, writeFileSync } from 'node:fs';
    const { lockOutputs } = await import(${JSON.stringify(module)});
    const [output, until] = [process.argv[1], Date.now() + 1500];
    let [taken, doubles] = [0, 0];
    while (Date.now() < until) {
      const lock = await lockOutputs([output]).catch((error) => {
        if (error.code !== 'OUTPUT_BUSY') throw error;
      });
      if (!lock) continue;
      taken += 1;
      if (existsSync(output)) doubles += 1;
      writeFileSync(output, '');
      await new Promise(setImmediate);
      rmSync(output, { force: true });
      await lock.release();
    }
    console.log(JSON.stringify({ taken, doubles }));`;
  const output = join(folder, 'a.mp4');
  const ends = await Promise.all(
    [1, 2, 3].map(() => promisify(execFile)(process.execPath, ['--input-type=module', '-e', script, output])),
  );
  const counts = ends.map(({ stdout }) => JSON.parse(stdout) as { taken: number; doubles: number });
  t.ok(counts.some(({ taken }) => taken > 0));
  t.same(
    counts.map(({ doubles }) => doubles),
    [0, 0, 0],
  );
});

t.test('a process that died while it took over a lock keeps nobody out', async (t) => {
  const { output, path } = leave(t, '17 another-machine\n', 31);
  const long = Date.now() / 1000 - 31;
  writeFileSync(`${path}.taking`, '');
  utimesSync(`${path}.taking`, long, long);
  await (await lockOutputs([output])).release();
  t.notOk(existsSync(`${path}.taking`));
});
