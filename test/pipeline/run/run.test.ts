import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { decode as decodePng } from 'fast-png';
import sharp from 'sharp';
import t from 'tap';
import { findFfmpeg } from '../../../operators/find-ffmpeg.js';
import { run as runProgram } from '../../../pipeline/run/run.js';
import type { RunEvent } from '../../../pipeline/run/run-event.js';
import { testClip } from '../../operators/test-clip.js';
import { runCli } from '../built-cli.js';
import { writeRandomWeights } from './random-weights.js';
import { runSmall } from './run-small.js';
import { watchFile } from './watch-file.js';

const folder = t.testdir({ a: {}, b: {} });
const weights = await writeRandomWeights(folder);
const clip = await testClip('plain');

const run = (...args: readonly string[]) => runSmall(weights, args);

t.test('bad files do not stop good ones, and equal names do not collide', async (t) => {
  const inputs = [join(folder, 'a', 'same.mp4'), join(folder, 'b', 'same.mp4')] as const;
  for (const input of inputs) copyFileSync(clip, input);
  const bad = await Promise.all((['empty', 'text', 'no-video', 'no-index'] as const).map(testClip));
  const output = join(folder, 'many');
  const first = await run(inputs[0], ...bad, join(folder, 'missing.mp4'), inputs[1], '-o', output);
  t.equal(first.status, 1);
  t.match(
    first.files.map(({ outcome, error }) => error?.code ?? outcome),
    ['done', 'INPUT_EMPTY', 'INPUT_NOT_VIDEO', 'INPUT_NO_VIDEO_STREAM', 'INPUT_TRUNCATED', 'INPUT_MISSING', 'done'],
  );
  t.match(first, { done: 2, failed: 5, skipped: 0, stopped: false, frames: 100 });
  t.match(first.files[0]?.outputs, { output: join(output, 'a', 'same-overlay.mp4') });
  t.match(first.files[6]?.outputs, { output: join(output, 'b', 'same-overlay.mp4') });
  t.match(await watchFile(join(output, 'b', 'same-overlay.mp4')), { frames: 50, complaints: '' });
  for (const { error } of first.files) if (error) t.notMatch(error.message, /\n|at .*\.js/, 'one line, no stack');
  t.notOk(existsSync(join(output, '.segnet-stream')), 'no note of what never came to be is left');

  const second = await run(...inputs, '-o', output);
  t.match(second, { status: 0, done: 0, skipped: 2, failed: 0, frames: 0 });
  t.notOk(second.engine, 'no engine is made where nothing is to do');
});

t.test('what decodes of a damaged file is kept, and said', async (t) => {
  const inputs = [await testClip('truncated-middle'), await testClip('truncated-front')];
  const { files } = await run(...inputs, '-o', join(folder, 'damaged'));
  for (const { input, outcome, frames, notes, outputs } of files) {
    t.equal(outcome, 'done', input);
    t.ok(frames > 10 && frames < 50, `${frames} frames`);
    t.match(notes, [{ code: 'INPUT_TRUNCATED', message: /damaged or cut off/ }]);
    t.equal((await watchFile(outputs.output ?? '')).frames, frames);
  }
});

t.test('masks of photos are files of their names, those of videos folders', async (t) => {
  const place = t.testdir({ in: {} });
  const create = { width: 61, height: 45, channels: 3, background: 'grey' } as const;
  for (const name of ['a.jpg', 'b.png']) await sharp({ create }).toFile(join(place, 'in', name));
  copyFileSync(clip, join(place, 'in', 'c.mp4'));
  const masks = join(place, 'masks');
  const asked = [join(place, 'in'), '--visualize', 'none', '--masks', masks, '--duration', '0.1'];
  t.match(await run(...asked), { status: 0, done: 3 });
  t.same(
    readdirSync(masks).filter((name) => !name.startsWith('.')),
    ['a.png', 'b.png', 'c'],
  );
  t.match(await sharp(join(masks, 'b.png')).metadata(), { width: 61, height: 45 });
  t.match(await run(...asked), { done: 0, skipped: 3 });
});

t.test('masks, a mask video and records are written beside the overlay or without it', async (t) => {
  const paths = { masks: join(folder, 'm'), maskVideo: join(folder, 'm.mkv'), frames: join(folder, 'f.jsonl') };
  const asked = ['--masks', paths.masks, '--mask-video', paths.maskVideo, '--frames', paths.frames];
  const part = ['--duration', '0.4', '--stride', '2', '--smooth', '--palette', 'colour-blind'];
  const summary = await run(clip, '--visualize', 'none', ...asked, ...part);
  t.match(summary.files, [{ outcome: 'done', frames: 10, outputs: paths }]);
  t.notOk(summary.files[0]?.outputs.output);
  t.equal(readdirSync(paths.masks).filter((name) => name.endsWith('.png')).length, 10);
  t.match(await watchFile(paths.maskVideo), { frames: 10, complaints: '' });
  const lines = readFileSync(paths.frames, 'utf8').trim().split('\n');
  const records = lines.map((line) => JSON.parse(line));
  t.equal(records.length, 10);
  t.match(records[3], {
    pts: 0.12,
    carried: true,
    shares: { road: Number, sky: Number },
    stepTimes: { decode: Number },
  });
  const total = Object.values(records[3].shares as Record<string, number>).reduce((sum, share) => sum + share, 0);
  t.ok(Math.abs(total - 1) < 1e-3, 'the shares of the classes sum to 1');
});

t.test('a region that is excluded has no class in masks and numbers, and is made again with another one', async (t) => {
  const place = t.testdir({});
  const runWithout = (region: string) =>
    run(
      clip,
      '--visualize',
      'none',
      '--masks',
      place,
      '--frames',
      `${place}.jsonl`,
      '--duration',
      '0.04',
      '--exclude',
      region,
    );
  t.match(await runWithout('0,0.5 1,0.5 1,1 0,1'), { done: 1 });
  const [mask] = readdirSync(place).filter((name) => name.endsWith('.png'));
  const { data, width, height } = decodePng(readFileSync(join(place, mask!)));
  t.same([...new Set(data.slice((width * height) / 2))], [255]);
  t.notOk(data.slice(0, (width * height) / 2).includes(255));
  const { shares } = JSON.parse(readFileSync(`${place}.jsonl`, 'utf8'));
  const total = Object.values(shares as Record<string, number>).reduce((sum, share) => sum + share, 0);
  t.ok(Math.abs(total - 0.5) < 1e-3);
  t.match(await runWithout('0,0.5 1,0.5 1,1 0,1'), { skipped: 1 });
  t.match(await runWithout('0,0.6 1,0.6 1,1 0,1'), { done: 1 });
});

t.test('pictures give pictures, and numbered pictures a video', async (t) => {
  const { path: ffmpeg } = await findFfmpeg();
  const pictures = join(folder, 'pictures');
  mkdirSync(pictures);
  execFileSync(ffmpeg, [
    '-v',
    'error',
    '-i',
    clip,
    '-frames:v',
    '3',
    '-start_number',
    '7',
    join(pictures, 'p%03d.png'),
  ]);
  const still = await run(join(pictures, 'p007.png'), '-o', join(folder, 'still.jpg'), '--legend');
  t.match(still.files, [{ outcome: 'done', frames: 1 }]);
  t.same([...readFileSync(join(folder, 'still.jpg')).subarray(0, 2)], [0xff, 0xd8]);
  const moving = await run(join(pictures, 'p%03d.png'), '-o', join(folder, 'moving.mp4'));
  t.match(moving.files, [{ outcome: 'done', frames: 3 }]);
  t.match(await watchFile(join(folder, 'moving.mp4')), { frames: 3, complaints: '' });
});

t.test(
  'pictures are done several at a time, and told of in their order; one that is none stops no other',
  async (t) => {
    const place = t.testdir({ 'b.png': 'no picture', 'e.mp4': t.fixture('symlink', clip) });
    const picture = readFileSync(join(folder, 'pictures', 'p007.png'));
    for (const name of ['a', 'c', 'd', 'f', 'g']) writeFileSync(join(place, `${name}.png`), picture);
    const { files } = await run(place, '-o', join(place, 'out'), '--duration', '0.1');
    t.same(
      files.map(({ input, outcome }) => `${basename(input)} ${outcome}`),
      ['a.png done', 'b.png failed', 'c.png done', 'd.png done', 'e.mp4 done', 'f.png done', 'g.png done'],
    );
    const made = ['a', 'c', 'd', 'f', 'g'].map((name) => `${name}-overlay.png`);
    t.same(readdirSync(join(place, 'out')).sort(), ['.segnet-stream', ...made, 'e-overlay.mp4'].sort());
    const order: string[] = [];
    const onEvent = ({ kind }: RunEvent) => {
      if (kind === 'begin' || kind === 'end') order.push(kind);
    };
    const two = [join(place, 'a.png'), join(place, 'c.png')];
    for (const threads of [1, 2]) {
      await runProgram({ inputs: two, output: join(folder, 'two'), weights, threads, overwrite: true, onEvent });
    }
    const oneByOne = ['begin', 'end', 'begin', 'end'];
    t.same(order, [...oneByOne, 'begin', 'begin', 'end', 'end'], 'as many as there are threads');
    const again = await run(place, '-o', join(place, 'out'), '--duration', '0.1');
    t.equal(again.files.filter(({ outcome }) => outcome === 'skipped').length, 6);
  },
);

t.test('standard input is decoded, and what cannot be kept of it is said', async (t) => {
  const output = join(folder, 'piped.mp4');
  const args = ['run', '-', '-o', output, '--json', '--weights', weights, '--duration', '0.2'];
  const { stdout } = await runCli(args, { input: readFileSync(clip) });
  const { files } = JSON.parse(stdout) as { files: { notes: { message: string }[] }[] };
  t.match(files, [{ input: 'standard input', outcome: 'done', frames: 5 }]);
  // Before it stands what is said of an old ffmpeg, where there is one.
  t.match(files[0]!.notes.at(-1)?.message, /sound/);
  t.match(await watchFile(output), { frames: 5, sounds: 0, complaints: '' });
});

t.test('outputs that cannot be written are one clear failure', async (t) => {
  const blocked = await run(clip, '-o', join(weights, 'out.mp4'));
  t.match(blocked.files, [{ outcome: 'failed', error: { code: 'OUTPUT_UNWRITABLE' }, outputs: {} }]);
});

t.test('where no file could be done at all, the run itself fails', async (t) => {
  const output = join(folder, 'never.mp4');
  const refused = async (...args: readonly string[]) => {
    const { error, status } = (await run(clip, '-o', output, ...args)) as unknown as Record<string, { code: string }>;
    return [error?.code, status];
  };
  t.same(await refused('--provider', process.platform === 'win32' ? 'coreml' : 'dml'), ['ENGINE_UNAVAILABLE', 1]);
  t.same(await refused('--weights', join(folder, 'no.safetensors')), ['WEIGHTS_MISSING', 1]);
  t.same(await refused('--network', 'segnet'), ['OPTION_INVALID', 2], 'the weights are of another network');
  t.same(await refused('--ignore-class', 'cars'), ['OPTION_INVALID', 2]);
  t.same(await refused('-o', clip), ['OUTPUT_IS_INPUT', 1]);
  t.notOk(existsSync(output));
});

t.test('shards of one list are done by different machines, each file by one', async (t) => {
  const inputs = readdirSync(join(folder, 'pictures')).map((name) => join(folder, 'pictures', name));
  const shard = async (index: number) =>
    (await run(...inputs, '-o', join(folder, 'shards'), '--shard', `${index}/2`)).files.map(({ input }) => input);
  const shares = [await shard(1), await shard(2)];
  t.same(shares.flat().sort(), inputs.sort());
});

t.test('--threads holds for each ffmpeg too', { skip: process.platform === 'win32' && 'a shell script' }, async (t) => {
  const log = join(folder, 'ffmpeg.log');
  const logging = join(folder, 'ffmpeg');
  writeFileSync(logging, `#!/bin/sh\necho "$@" >> '${log}'\nexec '${(await findFfmpeg()).path}' "$@"\n`, {
    mode: 0o755,
  });
  const args = ['run', clip, '-o', join(folder, 'threads.mp4'), '--weights', weights, '--duration', '0.2'];
  const { status } = await runCli([...args, '--threads', '3'], { env: { FFMPEG_PATH: logging } });
  t.equal(status, 0);
  const calls = readFileSync(log, 'utf8').split('\n');
  t.match(
    calls.find((call) => call.includes('[net]')),
    /-threads 3 .*-i /,
    'the decoder',
  );
  t.match(
    calls.find((call) => call.includes('frag_keyframe')),
    /-i .* -threads 3 /,
    'the encoder',
  );
});

t.test('nothing is kept of the machine, and nobody is told of the run', async (t) => {
  const home = t.testdir({});
  // ONNX Runtime holds its tongue where CI is set.
  const env = { HOME: home, XDG_CACHE_HOME: undefined, TMPDIR: home, CI: undefined, ORT_DISABLE_TELEMETRY: undefined };
  const output = join(folder, 'quiet.mp4');
  const { status } = await runCli(['run', clip, '-o', output, '--weights', weights, '--duration', '0.2'], { env });
  t.equal(status, 0);
  t.same(readdirSync(home), []);
});
