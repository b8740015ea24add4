import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, truncateSync, watch } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { findFfmpeg } from '../../../operators/find-ffmpeg.js';
import { packagedFile } from '../../../pipeline/options/package-root.js';
import { describePlan, formatBytes, isTooLarge } from '../../../pipeline/run/describe-plan.js';
import type { RunPlan } from '../../../pipeline/run/plan.js';
import { testClip } from '../../operators/test-clip.js';
import { runCli, startCli } from '../built-cli.js';
import { writeRandomWeights } from './random-weights.js';

const folder = t.testdir({});
const weights = await writeRandomWeights(folder);

async function plan(...args: readonly string[]): Promise<RunPlan> {
  const { stdout } = await runCli(['run', '--plan', '--json', '--weights', weights, '--threads', '1', ...args]);
  return JSON.parse(stdout);
}

t.test('a plan says what would be done, how long and how large, and does nothing', async (t) => {
  const clips = await Promise.all((['plain', 'text', 'odd-size', 'no-audio'] as const).map(testClip));
  const output = join(folder, 'out');
  mkdirSync(output);
  const part = ['-o', output, '--duration', '0.2'];
  await runCli(['run', clips[0]!, '--weights', weights, ...part]);
  const planned = await plan(...clips, ...part);
  t.match(
    planned.files.map(({ action }) => action),
    ['skip', 'refuse', 'make', 'make'],
  );
  t.match(planned.files[1]?.error, { code: 'INPUT_NOT_VIDEO' });
  t.match(planned.files[2], { frames: 5, seconds: Number, bytes: Number });
  t.match(planned, { make: 2, skip: 1, refuse: 1, frames: 10, freeBytes: Number, engine: String });
  t.equal(planned.samples.length, 2, 'one for each picture size');
  for (const { framesPerSecond, bytesPerFrame } of planned.samples) t.ok(framesPerSecond > 0 && bytesPerFrame > 0);
  t.notOk(existsSync(join(output, 'odd-size-overlay.mp4')));
  t.match(describePlan(planned), /^skip .*\nrefuse .*\[INPUT_NOT_VIDEO\]\nmake .*: 5 frames, about \d+ s, .*B\n/);
});

t.test('pictures are measured by the format that they are written in', async (t) => {
  const place = t.testdir({});
  const pictures = ['a.png', 'b.png', 'c.jpg'].map((name) => join(place, name));
  for (const picture of pictures) {
    const ways = ['-v', 'error', '-i', await testClip('plain'), '-frames:v', '1', picture];
    spawnSync((await findFfmpeg()).path, ways);
  }
  const { samples, files } = await plan(...pictures, '-o', join(place, 'out'));
  t.equal(samples.length, 2);
  t.equal(files[0]!.bytes, files[1]!.bytes);
  t.not(files[0]!.bytes, files[2]!.bytes);
});

t.test('a file that is cut off is not what the estimate goes by', async (t) => {
  const cut = join(folder, 'cut.mkv');
  spawnSync((await findFfmpeg()).path, ['-v', 'error', '-y', '-i', await testClip('plain'), '-c', 'copy', cut]);
  truncateSync(cut, 12_000);
  const { samples, files } = await plan(cut, await testClip('plain'), '-o', join(folder, 'cut'));
  t.same(
    files.map(({ action }) => action),
    ['make', 'make'],
  );
  t.equal(samples.length, 1);
  t.ok(samples[0]!.frames > 40, `${samples[0]!.frames} frames`);
});

t.test('Ctrl-C leaves nothing of the samples behind', async (t) => {
  const temporary = t.testdir({});
  const args = ['run', '--plan', packagedFile('fixtures', 'clips', 'road.mp4'), '--threads', '1', '-o', folder];
  const { process: child, finished } = startCli(args, { env: { TMPDIR: temporary } });
  const watcher = watch(temporary, (_, name) => {
    if (!name?.startsWith('segnet-stream-plan-')) return;
    // It is gone again in the end, and a second signal would end the process at once.
    watcher.close();
    child.kill('SIGINT');
  });
  t.teardown(() => watcher.close());
  t.match(await finished, { status: 130, stdout: '', stderr: /The plan was stopped \[STOPPED\]\n$/ });
  t.same(readdirSync(temporary), []);
});

t.test('a plan of nothing to do makes no engine', async (t) => {
  const planned = await plan(await testClip('text'), '-o', folder);
  t.match(planned, { make: 0, refuse: 1, samples: [] });
  t.notOk(planned.engine);
});

t.test('an engine that is not there is an error of the plan as of the run', async (t) => {
  const elsewhere = process.platform === 'darwin' ? 'dml' : 'coreml';
  const args = [
    'run',
    await testClip('plain'),
    '-o',
    join(folder, 'none.mp4'),
    '--plan',
    '--json',
    '--weights',
    weights,
  ];
  const { stdout, status } = await runCli([...args, '--provider', elsewhere]);
  t.not(status, 0);
  t.match(JSON.parse(stdout), { error: { code: 'ENGINE_UNAVAILABLE' } });
});

t.test('a picture of a sequence that is gone is refused, and the plan goes on', async (t) => {
  const pictures = t.testdir({ '1.png': t.fixture('symlink', 'gone.png'), '2.png': t.fixture('symlink', 'gone.png') });
  const clip = await testClip('plain');
  const { stdout } = await runCli([
    ...['run', join(pictures, '%d.png'), clip, '-o', join(folder, 'gone'), '--plan', '--json', '--weights', weights],
  ]);
  t.match(JSON.parse(stdout), { make: 1, refuse: 1 });
});

t.test('a disk without room for it is told of, and not a disk that nothing is known of', async (t) => {
  const planned = await plan(await testClip('plain'), '-o', folder);
  t.same(
    [1e15, 0, undefined].map((freeBytes) => isTooLarge({ ...planned, bytes: 1, freeBytes } as RunPlan)),
    [false, true, false],
  );
});

t.test('sizes are written for people', async (t) => {
  t.same([0, 950, 1500, 12_345_678, 3e12].map(formatBytes), ['0 B', '950 B', '1.5 kB', '12 MB', '3.0 TB']);
});

t.test('a place that cannot be written to is refused, and the exit status is that of the run', async (t) => {
  const file = join(t.testdir({ file: '' }), 'file');
  const args = ['run', await testClip('plain'), '-o', join(file, 'x', 'out.mp4'), '--plan', '--json'];
  const { stdout, status } = await runCli([...args, '--weights', weights]);
  t.equal(status, 1);
  t.match(JSON.parse(stdout), { make: 0, refuse: 1, files: [{ error: { code: 'OUTPUT_UNWRITABLE' } }] });
});
