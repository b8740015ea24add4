import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lastValueFrom, map, toArray } from 'rxjs';
import t from 'tap';
import * as api from '../../pipeline/index.js';
import { packagedFile } from '../../pipeline/options/package-root.js';
import { testClip } from '../operators/test-clip.js';
import { writeRandomWeights } from './run/random-weights.js';

const folder = t.testdir({});
const weights = await writeRandomWeights(folder);
const clip = await testClip('plain');

t.test('run is a function that tells of its files and frames, and stops by a signal', async (t) => {
  const stop = new AbortController();
  const events: api.RunEvent[] = [];
  const summary = await api.run({
    inputs: [clip, await testClip('no-audio')],
    output: join(folder, 'out'),
    visualize: 'none',
    frames: join(folder, 'records'),
    weights,
    threads: 1,
    signal: stop.signal,
    onEvent(event) {
      events.push(event);
      if (event.kind === 'frame' && event.frames === 5) stop.abort();
    },
  });
  t.match(summary, { stopped: true, done: 0, failed: 0, engine: String });
  t.match(summary.files, [{ outcome: 'stopped' }, { outcome: 'stopped', frames: 0, outputs: {} }]);
  const [file] = summary.files;
  t.ok(file!.frames >= 5 && file!.frames < 50, `${file!.frames} frames`);
  t.same(Object.keys(file!.steps), ['decode', 'queue', 'segment']);
  for (const { p50, p95, p99 } of Object.values(file!.steps)) t.ok(p50 <= p95 && p95 <= p99);
  t.match(
    events.find(({ kind }) => kind === 'begin'),
    { number: 1, count: 2, input: clip },
  );
  const lastFrame = events.findLast((event) => event.kind === 'frame');
  t.equal(lastFrame?.frames, file!.frames);
  // By the clip's duration, which to ffmpeg 4 is that of its sound.
  t.ok(Math.abs(lastFrame!.expectedFrames! - 50) <= 1);
  t.match(events.at(-1), { kind: 'end', file: { outcome: 'stopped' } });
});

t.test('the operators make routes of ones own', async (t) => {
  const engine = await api.openEngine({ weights, threads: 1 });
  t.teardown(() => engine.close());
  const route = api.decode(clip, { fit: engine.inputSize, durationSeconds: 0.2 }).pipe(
    api.segment(engine),
    map(({ shares }) => shares.reduce((sum, share) => sum + share, 0)),
    toArray(),
  );
  const totals = await lastValueFrom(route);
  t.equal(totals.length, 5);
  for (const total of totals) t.ok(Math.abs(total - 1) < 1e-6);
});

t.test('wrong options of a program are called what they are called there', async (t) => {
  await t.rejects(api.run({ inputs: clip, opacity: 2 }), {
    code: 'OPTION_INVALID',
    message: /^Expected opacity to be/,
  });
  await t.rejects(api.openEngine({ threads: 0 }), { code: 'OPTION_INVALID', message: /^Expected threads to be/ });
  await t.rejects(api.openEngine({ network: 'unet' }), {
    code: 'WEIGHTS_MISSING',
    message: /give a file with weights$/,
  });
});

t.test('a program that uses it compiles strictly, with no types but its own and Node’s', async (t) => {
  const program = `
    import { decode, describe, encode, openEngine, overlay, run, segment, trainNetwork } from '../dist/pipeline/index.js';
    const engine = await openEngine({ goal: 'throughput' });
    decode('dash.mp4').pipe(segment(engine), overlay(), encode('out.mp4')).subscribe({ complete: () => engine.close() });
    console.log(describe, run, trainNetwork);`;
  const place = mkdtempSync(packagedFile('.consumer-'));
  t.teardown(() => rmSync(place, { recursive: true }));
  writeFileSync(join(place, 'program.mts'), program);
  const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022', '--types', 'node'];
  const tsc = packagedFile('node_modules', 'typescript', 'bin', 'tsc');
  const { status, stdout } = spawnSync(process.execPath, [tsc, ...options, join(place, 'program.mts')], {
    encoding: 'utf8',
  });
  t.equal(status, 0, stdout.slice(0, 2000));
});
