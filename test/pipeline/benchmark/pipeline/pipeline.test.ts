import { join } from 'node:path';
import t from 'tap';
import { measureRoute } from '../../../../pipeline/benchmark/pipeline/measure-route.js';
import { benchmarkPipeline, type PipelineRow, ratiosOf } from '../../../../pipeline/benchmark/pipeline/pipeline.js';
import { renderPipeline } from '../../../../pipeline/benchmark/pipeline/render-pipeline.js';
import { testClip } from '../../../operators/test-clip.js';
import { writeRandomWeights } from '../../run/random-weights.js';

const row = (title: string, framesPerSecond: number, cpuMsPerFrame: number): PipelineRow => ({
  title,
  frames: 100,
  wallSeconds: { runs: 1, median: 100 / framesPerSecond, p95: 0, least: 0 },
  framesPerSecond,
  cpuSeconds: cpuMsPerFrame / 10,
  cpuMsPerFrame,
  ...(title === 'run' && { steadyFramesPerSecond: framesPerSecond + 5 }),
});

t.test('the bound is the cores over the processor time of engine and ffmpeg', async (t) => {
  const rows = [
    row('run', 30, 60),
    row('run without a network', 80, 20),
    row('ffmpeg alone', 100, 15),
    row('engine alone', 50, 35),
    row('engine beside ffmpeg', 38, 52),
  ];
  t.same(ratiosOf(rows, 2), {
    bound: { framesPerSecond: 40, ratio: 0.75, steadyRatio: 0.875, besideRatio: 35 / 38 },
    withoutNetworkRatio: 0.8,
  });
  t.same(ratiosOf(rows.slice(1, 3), 2), { withoutNetworkRatio: 0.8 });
});

t.test('a clip goes through run without a network and through plain ffmpeg, every frame of it', async (t) => {
  const clip = await testClip('plain');
  const result = await benchmarkPipeline({ clip, engine: 'none', rounds: 1 });
  t.same(
    result.rows.map(({ title, frames }) => [title, frames]),
    [
      ['run without a network', 50],
      ['ffmpeg alone', 50],
    ],
  );
  const [none, plain] = result.rows;
  t.ok(none!.firstFrameMs! > 0 && none!.cpuSeconds > 0 && plain!.cpuSeconds > 0);
  t.same(Object.keys(none!.steps!), ['decode', 'queue', 'segment', 'overlay', 'encode']);
  const difference = none!.outputBytes! / plain!.outputBytes!;
  t.ok(difference > 0.8 && difference < 1.25, `both encode the same picture: ${difference}`);
  t.match(renderPipeline(result), /Without a network, run reaches \d\.\d\d of plain ffmpeg/);
});

t.test('with a network, the engine alone and beside ffmpeg get every frame as well', async (t) => {
  const weights = await writeRandomWeights(t.testdir(), 3);
  const result = await benchmarkPipeline({
    clip: await testClip('plain'),
    engine: { weights, provider: 'cpu' },
    rounds: 1,
  });
  t.same(
    result.rows.map(({ title, frames }) => [title, frames]),
    ['run', 'run without a network', 'ffmpeg alone', 'engine alone', 'engine beside ffmpeg'].map((title) => [
      title,
      50,
    ]),
  );
  const [, , ffmpeg, alone, beside] = result.rows;
  t.ok(beside!.cpuSeconds > Math.max(ffmpeg!.cpuSeconds, alone!.cpuSeconds) / 2);
  t.ok(result.bound!.besideRatio > 0);
  t.match(renderPipeline(result), /of what the two make beside one another/);
});

t.test('a clip that is not there is an error before anything runs', async (t) => {
  await t.rejects(benchmarkPipeline({ clip: '/nowhere.mp4', engine: 'none' }), { code: 'INPUT_MISSING' });
});

t.test('what the program of a route cannot do is told in its own words', async (t) => {
  const order = { clip: '/nowhere.mp4', output: join(t.testdir(), 'out.mp4'), engine: 'none' } as const;
  await t.rejects(measureRoute(order), { code: 'PROGRAM_FAILED', message: /^run ended with 1: .*\/nowhere\.mp4/ });
});
