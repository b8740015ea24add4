import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { lockOutputs } from '../../../pipeline/run/output-lock.js';
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
  t.match(first, { outcome: 'done', notes: [{ code: 'INPUT_TRUNCATED', message: /damaged or cut off/ }] });
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

t.test('what a killed run left of an output is no input of the next', async (t) => {
  const place = t.testdir({});
  copyFileSync(clip, join(place, 'a.mp4'));
  const again = () => run(place, '-o', place, '--duration', '0.2');
  t.match(await again(), { done: 1 });
  for (const left of ['a-overlay.part.mp4', 'a-overlay.part.whole.mp4']) copyFileSync(clip, join(place, left));
  copyFileSync(clip, join(place, 'trip.part.mp4'));
  const { files } = await again();
  t.match(files, [{ outcome: 'skipped' }, { input: join(place, 'trip.part.mp4'), outcome: 'done' }]);
  t.equal(files.length, 2, 'a name like that which nobody made is one');
});

t.test('masks of another run do not stay among the new', async (t) => {
  const masks = join(t.testdir({ masks: {} }), 'masks');
  const some = (...args: readonly string[]) => run(clip, '--visualize', 'none', '--masks', masks, ...args);
  t.match(await some('--duration', '0.4'), { done: 1 });
  t.equal(readdirSync(masks).filter((name) => name.endsWith('.png')).length, 10);
  t.match(await some('--start', '0.4', '--duration', '0.2'), { done: 1 });
  t.same(
    readdirSync(masks)
      .filter((name) => name.endsWith('.png'))
      .map((name) => name.slice(0, 12)),
    ['000000-0.400', '000001-0.440', '000002-0.480', '000003-0.520', '000004-0.560'],
  );
});

t.test('masks are no inputs of the next run', async (t) => {
  const place = t.testdir({});
  copyFileSync(clip, join(place, 'a.mp4'));
  copyFileSync(clip, join(place, 'b.mp4'));
  const again = () =>
    run(place, '--recursive', '-o', join(place, 'overlays'), '--masks', join(place, 'masks'), '--duration', '0.2');
  t.match(await again(), { done: 2 });
  const { files } = await again();
  t.match(files, [{ outcome: 'skipped' }, { outcome: 'skipped' }]);
  t.equal(files.length, 2);
});

t.test('two runs do not write one output', async (t) => {
  const place = t.testdir({});
  const output = join(place, 'out.mp4');
  const lock = await lockOutputs([output]);
  const note = join(place, '.segnet-stream', 'out.mp4.json');
  writeFileSync(note, '{}');
  t.match((await run(clip, '-o', output, '--duration', '0.2')).files, [
    { outcome: 'failed', error: { code: 'OUTPUT_BUSY', message: new RegExp(`process ${process.pid}`) } },
  ]);
  t.ok(existsSync(note), 'by the note of who writes it the next run knows what it left');
  await lock.release();
  rmSync(note);
  t.match(await run(clip, '-o', output, '--duration', '0.2'), { done: 1 });
  t.notOk(existsSync(join(place, '.segnet-stream', 'out.mp4.lock')));
});

t.test('an overlay whose note is gone stops none but the input that would replace it', async (t) => {
  const place = t.testdir({});
  for (const name of ['one.mp4', 'one-overlay.mp4', 'two.mp4']) copyFileSync(clip, join(place, name));
  const { files } = await run(place, '-o', place, '--duration', '0.1', '--overwrite');
  t.match(files, [
    { input: join(place, 'one-overlay.mp4'), outcome: 'done' },
    { input: join(place, 'one.mp4'), error: { code: 'OUTPUT_IS_INPUT' } },
    { input: join(place, 'two.mp4'), outcome: 'done' },
  ]);
});

t.test('the output of another input is not replaced unless that is asked for', async (t) => {
  const place = t.testdir({});
  for (const name of ['one.mp4', 'two.mp4']) copyFileSync(clip, join(place, name));
  const of = (name: string, ...more: readonly string[]) =>
    run(join(place, name), '-o', join(place, 'same.mp4'), '--duration', '0.1', ...more);
  t.match(await of('one.mp4'), { done: 1 });
  t.match((await of('two.mp4', '--opacity', '0.4')).files, [{ error: { code: 'OUTPUT_EXISTS', message: /one\.mp4/ } }]);
  t.match(await of('two.mp4', '--opacity', '0.4', '--overwrite'), { done: 1 });
});

t.test('an input that fails costs no masks of before, and leaves no empty folder', async (t) => {
  const place = t.testdir({});
  const masks = join(place, 'masks');
  const input = join(place, 'in.mp4');
  copyFileSync(clip, input);
  const some = () => run(input, '--visualize', 'none', '--masks', masks, '--duration', '0.2');
  t.match(await some(), { done: 1 });
  const before = readdirSync(masks).filter((name) => name.endsWith('.png'));
  writeFileSync(input, 'no video any more');
  t.match((await some()).files, [{ error: { code: 'INPUT_NOT_VIDEO' } }]);
  t.same(
    readdirSync(masks).filter((name) => name.endsWith('.png')),
    before,
  );
  const none = join(place, 'none');
  t.match((await run(input, '--visualize', 'none', '--masks', none)).files, [{ outcome: 'failed' }]);
  t.notOk(existsSync(none));
});
