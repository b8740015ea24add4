import { existsSync } from 'node:fs';
import t from 'tap';
import { benchmarkWeights } from '../../../../pipeline/benchmark/benchmark-weights.js';
import { leastAgreement } from '../../../../pipeline/benchmark/contest/agreement.js';
import { holdContest } from '../../../../pipeline/benchmark/contest/contest.js';
import { type Contestant, listContestants } from '../../../../pipeline/benchmark/contest/contestants.js';
import { removeWorkload, writeWorkload } from '../../../../pipeline/benchmark/contest/workload.js';
import { startLineProcess } from '../../../../pipeline/benchmark/process/line-process.js';

const [width, height] = [64, 48];
const frames = [0, 1, 2].map((frame) => ({
  width,
  height,
  data: Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * (frame + 3)) % 251),
}));

/** A peer whose masks are all of one class, which no network gives; `asked` would be its times. */
const liar: Contestant = {
  title: 'liar',
  precision: 'float32',
  isPeer: true,
  load: { precision: 'float32' },
  start: () =>
    startLineProcess('liar', {
      file: process.execPath,
      args: [
        '-e',
        `require('readline').createInterface({ input: process.stdin }).on('line', (line) => {
          const { ask, path } = JSON.parse(line);
          if (ask === 'masks') require('fs').writeFileSync(path, Buffer.alloc(${3 * width * height}, 255));
          console.log(JSON.stringify(ask === 'load' ? { description: 'a liar' } : {}));
        });`,
      ],
    }),
};
const missing: Contestant = {
  ...liar,
  title: 'missing',
  start: () => startLineProcess('missing', { file: '/nowhere/python', args: [] }),
};

t.test('equal work is timed, other work and what cannot run are refused with the reason', async (t) => {
  const { weights, origin } = await benchmarkWeights('enet');
  const workload = await writeWorkload(weights, frames, { peers: false });
  const [onnx] = listContestants(['onnx'], ['float32'], []);
  const again = { ...onnx!, title: 'onnx again' };
  const results = await holdContest(workload, [onnx!, missing, liar, again], {
    batch: 2,
    threads: 1,
    warmUps: 1,
    rounds: 2,
    leastAgreement: ({ precision }) => leastAgreement(precision, origin),
  });
  await removeWorkload(workload);
  t.notOk(existsSync(workload.folder));
  t.same(
    [...results.keys()].map(({ title }) => title),
    ['onnx', 'missing', 'liar', 'onnx again'],
  );
  t.match(results.get(missing), { refused: /missing could not be started/ });
  t.match(results.get(liar), { refused: /masks agree with the first ones on 0.00 % of the pixels, of 99.70 %/ });
  for (const contestant of [onnx!, again]) {
    const result = results.get(contestant)!;
    t.match(result, { agreement: 1, description: /ONNX Runtime in float32/, frameMs: { runs: 2 } });
    t.ok('peakBytes' in result && result.peakBytes > 1e7 && result.cpuMsPerFrame > 0);
  }
});

t.test('int8 is not asked of TensorFlow, and peers are asked for what they have', async (t) => {
  const peers = [{ name: 'pytorch', title: 'PyTorch 2', precisions: ['float32'] }] as const;
  const list = listContestants(['onnx', 'tensorflow'], ['float32', 'int8'], peers);
  t.same(
    list.map(({ title, precision }) => `${title} ${precision}`),
    ['onnx float32', 'onnx int8', 'tensorflow float32', 'PyTorch 2 float32'],
  );
});

t.test('a signal ends a contest before the next contestant is loaded', async (t) => {
  const { weights } = await benchmarkWeights('enet');
  const workload = await writeWorkload(weights, frames, { peers: false });
  const rules = { batch: 1, threads: 1, warmUps: 1, rounds: 1, leastAgreement: () => 0 };
  const signal = AbortSignal.abort(new Error('enough'));
  await t.rejects(holdContest(workload, [liar], { ...rules, signal }), { message: 'enough' });
  await removeWorkload(workload);
});
