import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { findFfmpeg } from '../../../operators/find-ffmpeg.js';
import { listenForStop } from '../../../pipeline/listen-for-stop.js';
import { packagedFile } from '../../../pipeline/options/package-root.js';
import { run } from '../../../pipeline/run/run.js';
import { startCli } from '../built-cli.js';
import { writeRandomWeights } from './random-weights.js';
import { watchFile } from './watch-file.js';

const folder = t.testdir({});
const weights = await writeRandomWeights(folder);

/** A minute of road with sound: more than is done before a signal comes. */
const clip = join(folder, 'minute.mp4');
const { path: ffmpeg } = await findFfmpeg();
const sample = packagedFile('fixtures', 'clips', 'road.mp4');
execFileSync(ffmpeg, ['-v', 'error', '-stream_loop', '9', '-i', sample, '-c', 'copy', clip]);

/** Starts a run and waits until a part of its output is on the disk. */
async function startRun(name: string, ...more: readonly string[]) {
  const output = join(folder, name, 'out.mp4');
  const running = startCli(['run', clip, '-o', output, '--json', '--weights', weights, '--threads', '1', ...more]);
  const part = join(folder, name, 'out.part.mp4');
  const written = () => statSync(part, { throwIfNoEntry: false })?.size ?? 0;
  while (written() < 100_000 && running.process.exitCode === null) await sleep(50);
  return { ...running, output, part };
}

t.test('Ctrl-C finishes the file so that it plays, and says so', async (t) => {
  const { process: child, finished, output, part } = await startRun('interrupted');
  child.kill('SIGINT');
  const { status, stdout, stderr } = await finished;
  t.equal(status, 130);
  const summary = JSON.parse(stdout);
  t.match(summary, { stopped: true, files: [{ outcome: 'stopped', outputs: { output } }] });
  t.match(stderr, /Stopping: finishing the file so that it plays/);
  const { frames, sounds, complaints } = await watchFile(output);
  t.equal(frames, summary.frames);
  t.equal(complaints, '');
  t.ok(frames > 0 && frames < 1500, `${frames} frames`);
  // 47 packets of AAC a second: the sound ends where the picture does, give or take a second.
  t.ok(Math.abs(sounds / 46.9 - frames / 25) < 1, `${frames} frames, ${sounds} packets of sound`);
  t.notOk(existsSync(part));
});

t.test('SIGTERM stops alike, and a second signal abandons: nothing unfinished is left', async (t) => {
  const place = join(folder, 'abandoned');
  const masks = join(place, 'masks');
  const others = ['--frames', join(place, 'frames.jsonl'), '--mask-video', join(place, 'masks.mkv'), '--masks', masks];
  const { process: child, finished, output } = await startRun('abandoned', ...others);
  let said = '';
  child.stderr!.on('data', (text) => {
    said += text;
    // As soon as the first signal was heard, long before the file is finished.
    if (said.includes('Stopping') && !child.killed) child.kill('SIGTERM');
  });
  process.kill(child.pid!, 'SIGTERM');
  t.equal((await finished).status, 143);
  t.notOk(existsSync(output));
  t.same(readdirSync(place), ['masks']);
  t.notMatch(readdirSync(masks).join(' '), /part/, 'of the masks those that were whole');
});

t.test('after kill -9 the part that was written plays, and the next run does the file again', async (t) => {
  const { process: child, finished, output, part } = await startRun('killed');
  child.kill('SIGKILL');
  t.equal((await finished).signal, 'SIGKILL');
  t.notOk(existsSync(output));
  // The encoder finishes its file as its input ends, after us.
  for (let size = -1; size !== statSync(part).size; await sleep(500)) size = statSync(part).size;
  const { frames, complaints } = await watchFile(part);
  t.ok(frames > 10, `${frames} frames`);
  t.equal(complaints, '');
});

t.test('the first signal stops, the second abandons, and the status is that of the signal', async (t) => {
  let told = 0;
  const requests = listenForStop(() => {
    told += 1;
  });
  t.teardown(() => requests.dispose());
  t.equal(requests.exitStatus, undefined);
  process.emit('SIGTERM', 'SIGTERM');
  t.same([requests.stop.aborted, requests.abandon.aborted, requests.exitStatus, told], [true, false, 143, 1]);
  process.emit('SIGINT', 'SIGINT');
  t.same([requests.abandon.aborted, requests.exitStatus, told], [true, 130, 1]);
});

t.test(
  'abandoned by a program, no file after the one under way is begun, and nothing is written any more',
  async (t) => {
    const abandon = new AbortController();
    const place = t.testdir({});
    const [masks, frames] = [join(place, 'masks'), join(place, 'frames')];
    const begun: number[] = [];
    const summary = await run({
      inputs: [clip, sample],
      output: place,
      masks,
      frames,
      weights,
      threads: 1,
      abandon: abandon.signal,
      onEvent(event) {
        if (event.kind === 'begin') begun.push(event.number);
        if (event.kind === 'frame' && event.frames === 2) abandon.abort();
      },
    });
    t.match(summary, {
      stopped: true,
      files: [
        { outcome: 'stopped', outputs: {} },
        { outcome: 'stopped', frames: 0 },
      ],
    });
    t.same(readdirSync(place).sort(), ['frames', 'masks']);
    t.same(readdirSync(frames), []);
    const left = readdirSync(masks, { recursive: true, encoding: 'utf8' }).sort();
    // Masks that were whole stay; of the second file there are none.
    t.notMatch(left.join(' '), /part|lock/);
    await run({ inputs: sample, output: join(place, 'next'), weights, threads: 1, duration: 0.2 });
    t.same(readdirSync(masks, { recursive: true, encoding: 'utf8' }).sort(), left);
    t.same(readdirSync(frames), []);
  },
);
