import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { testClip } from '../../operators/test-clip.js';
import { writeRandomWeights } from './random-weights.js';
import { runSmall } from './run-small.js';
import { watchFile } from './watch-file.js';

const folder = t.testdir({});
const weights = await writeRandomWeights(folder);
const clip = await testClip('plain');
const run = (...args: readonly string[]) => runSmall(weights, args);

t.test('an output is made again if options or input changed, and only then', async (t) => {
  const input = join(folder, 'changing.mp4');
  copyFileSync(clip, input);
  const output = join(folder, 'changing-out.mp4');
  const outcome = async (...args: readonly string[]) =>
    (await run(input, '-o', output, '--duration', '0.2', ...args)).files[0]?.outcome;
  t.equal(await outcome(), 'done');
  t.equal(await outcome('--batch', '2', '--engine', 'onnx'), 'skipped', 'what only changes the speed does not count');
  t.equal(await outcome('--opacity', '0.7'), 'done');
  t.equal(await outcome('--alpha', String(0.7 * 255)), 'skipped', 'the same opacity, said otherwise');
  t.equal(await outcome('--opacity', '0.7', '--overwrite'), 'done', 'unless it is asked for');
  copyFileSync(await testClip('no-audio'), input);
  t.equal(await outcome('--opacity', '0.7'), 'done');
});

t.test('what was said of a damaged file is said again where it is skipped', async (t) => {
  const args = [await testClip('truncated-middle'), '-o', join(folder, 'damaged.mp4')] as const;
  const [first] = (await run(...args)).files;
  t.match(first, { outcome: 'done', notes: [/damaged or cut off/] });
  t.match((await run(...args)).files, [{ outcome: 'skipped', notes: first!.notes }]);
});

t.test('a file that is not ours is not replaced unless that is asked for', async (t) => {
  const output = join(folder, 'holiday.mp4');
  writeFileSync(output, 'precious');
  const refused = await run(clip, '-o', output, '--duration', '0.2');
  t.match(refused.files, [{ outcome: 'failed', error: { code: 'OUTPUT_EXISTS', message: /--overwrite/ } }]);
  t.equal(readFileSync(output, 'utf8'), 'precious');
  t.match(await run(clip, '-o', output, '--duration', '0.2', '--overwrite'), { status: 0, done: 1 });
  t.match(await watchFile(output), { frames: 5 });
});
