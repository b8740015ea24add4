import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { lastValueFrom, takeWhile, tap } from 'rxjs';
import sharp from 'sharp';
import t from 'tap';
import { findFfmpeg } from '../../../operators/find-ffmpeg.js';
import { connect, type LiveEvent, type LiveFrame } from '../../../pipeline/client/index.js';
import { runCli, startCli } from '../built-cli.js';
import { writeRandomWeights } from './random-weights.js';
import { watchFile } from './watch-file.js';

const TOKEN = 'correct-horse-battery-staple';
const folder = t.testdir({ empty: {} });
const weights = await writeRandomWeights(folder);
const FRAMES = 75;
const SECONDS = FRAMES / 25;

/** Each frame is of one grey, so that one whose memory is used again while it is encoded shows. */
const clip = join(folder, 'grey.mkv');
const grey = `color=black:s=160x120:r=25:d=${SECONDS},format=yuv420p,geq=lum='16+mod(9*N,200)':cb=128:cr=128`;
execFileSync((await findFfmpeg()).path, ['-v', 'error', '-f', 'lavfi', '-i', grey, '-c:v', 'ffv1', clip]);

const small = ['--json', '--weights', weights, '--threads', '1'] as const;
const env = { SEGNET_STREAM_TOKEN: TOKEN };

/** Runs with `--broadcast`, and watches it from beginning to end as a program does. */
async function watchRun(...args: readonly string[]) {
  const running = startCli(['run', ...args, ...small, '--broadcast', '--port', '0'], {
    env,
    cwd: join(folder, 'empty'),
  });
  let said = '';
  const url = await new Promise<string>((resolve, reject) => {
    running.process.stderr!.on('data', (text) => {
      said += text;
      const [, found] = /Watch at (\S+)/.exec(said) ?? [];
      if (found) resolve(found);
    });
    running.finished.then(() => reject(new Error(said)), reject);
  });
  const events: LiveEvent[] = [];
  const frames: LiveFrame[] = [];
  const watched = lastValueFrom(
    connect(url, { token: TOKEN, want: [{ parts: ['source', 'mask'] }] }).pipe(
      tap((event) => (event.type === 'frame' ? frames.push(event) : events.push(event))),
      takeWhile(({ type }) => type !== 'closed'),
    ),
    { defaultValue: undefined },
  );
  return {
    ...running,
    frames,
    events,
    async end() {
      const [{ status, stdout }] = await Promise.all([running.finished, watched]);
      return { status, ...JSON.parse(stdout) };
    },
  };
}

/** The greatest difference of a picture's pixels from the grey that its time stands for. */
async function differences({ source, ptsUs }: LiveFrame): Promise<number> {
  const { data } = await sharp(source).greyscale().raw().toBuffer({ resolveWithObject: true });
  const expected = (((9 * Math.round(ptsUs / 40_000)) % 200) * 255) / 219;
  return data.reduce((greatest, value) => Math.max(greatest, Math.abs(value - expected)), 0);
}

t.test('a file is played at its own pace while it is written', async (t) => {
  const output = join(folder, 'out.mp4');
  const { frames, events, end } = await watchRun(clip, '-o', output);
  const summary = await end();
  t.match(summary, { status: 0, done: 1, frames: FRAMES, files: [{ outcome: 'done', outputs: { output } }] });
  t.ok(summary.files[0].seconds > SECONDS * 0.9, `${summary.files[0].seconds} s for ${SECONDS} s of video`);
  t.match(await watchFile(output), { frames: FRAMES, complaints: '' });

  t.ok(frames.length > 10, `${frames.length} frames came to the viewer`);
  t.match(frames[0], { stream: 'grey', epoch: 0, displayWidth: 160, displayHeight: 120, mask: { width: 64 } });
  const off = await Promise.all(frames.map(differences));
  t.ok(Math.max(...off) < 4, `every picture is that of its time: off by ${Math.max(...off).toFixed(1)} at most`);
  t.match(
    events.find(({ type }) => type === 'hello'),
    { model: { network: 'enet', engine: 'onnx', provider: 'cpu' } },
  );
  const states = events.flatMap((event) => (event.type === 'streams' ? event.streams.map(({ state }) => state) : []));
  t.equal(states.at(-1), 'ended');
  t.match(
    events.findLast(({ type }) => type === 'streams'),
    { streams: [{ file: 'grey.mkv' }] },
  );
  t.match(events.at(-1), { type: 'closed', code: 1001, reason: 'The run is over' });

  const written = statSync(output).mtimeMs;
  const again = await (await watchRun(clip, '-o', output, '--no-realtime')).end();
  t.match(again, {
    status: 0,
    done: 1,
    skipped: 0,
    frames: FRAMES,
    files: [{ outputs: {} }],
  });
  const notes = again.files[0]!.notes as { code: string }[];
  t.ok(notes.some(({ code }) => code === 'PLAYED_ALONE'));
  t.equal(statSync(output).mtimeMs, written, 'what is up to date is played, and not written again');
});

t.test('several files are one stream, and nothing needs to be written', async (t) => {
  const week = join(folder, 'week');
  mkdirSync(join(week, 'monday'), { recursive: true });
  copyFileSync(clip, join(week, 'monday', 'second.mkv'));
  writeFileSync(join(week, 'monday', 'third.mkv'), 'no video');
  const inputs = [clip, join(folder, 'missing.mkv'), week, '--recursive'];
  const { frames, events, end } = await watchRun(...inputs, '--visualize', 'none');
  t.match(await end(), { status: 1, done: 2, failed: 2, frames: 2 * FRAMES });
  t.same([...new Set(frames.map(({ stream }) => stream))], ['4 files']);
  t.ok(frames.some(({ epoch }) => epoch > 0));
  const told = events.flatMap((event) => ('streams' in event ? event.streams : []));
  const files = new Map(told.map(({ epoch, file }) => [epoch, file]));
  t.same(
    [...files],
    [
      [0, 'grey.mkv'],
      [1, 'monday/second.mkv'],
      [2, 'monday/third.mkv'],
    ],
    'viewers are told which file it is, and not where',
  );
  t.same(
    told.flatMap(({ error }) => error ?? []),
    ['monday/third.mkv failed (INPUT_NOT_VIDEO)'],
  );
  t.same(readdirSync(join(folder, 'empty')), []);
});

t.test('Ctrl-C finishes the file, and tells the viewers', async (t) => {
  const output = join(folder, 'stopped.mp4');
  const running = await watchRun(clip, '-o', output);
  while (running.frames.length < 5) await sleep(20);
  running.process.kill('SIGINT');
  const { status, stopped, frames } = await running.end();
  t.match([status, stopped], [130, true]);
  t.match(await watchFile(output), { frames, complaints: '' });
  t.match(running.events.at(-1), { type: 'closed', code: 1001 });
});

t.test('what cannot be listened on is said before anything is written', async (t) => {
  const refused = async (args: readonly string[], more: Readonly<Record<string, string | undefined>> = env) => {
    const { status, stdout } = await runCli(['run', clip, ...small, ...args], {
      env: more,
      cwd: join(folder, 'empty'),
    });
    return { status, ...JSON.parse(stdout).error };
  };
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  t.teardown(() => other.close());
  const port = String((other.address() as AddressInfo).port);
  t.match(await refused(['--broadcast', '--port', port]), { status: 1, code: 'PORT_TAKEN', message: /--port/ });
  t.match(await refused(['--broadcast', '--host', '0.0.0.0'], { SEGNET_STREAM_TOKEN: undefined }), {
    code: 'TOKEN_NEEDED',
  });
  t.match(await refused(['--broadcast', '--port', 'x']), { status: 2, code: 'OPTION_INVALID', message: /--port/ });
  t.match(await refused(['--port', '8081']), {
    status: 2,
    code: 'OPTION_INVALID',
    message: /--port to be left out where --broadcast is not given/,
  });
  t.match(await refused(['--no-realtime']), {
    status: 2,
    code: 'OPTION_INVALID',
    message: /--no-realtime to be left out/,
  });
  t.same(readdirSync(join(folder, 'empty')), []);
});
