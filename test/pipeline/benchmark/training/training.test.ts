import t from 'tap';
import { findPeers } from '../../../../pipeline/benchmark/peers.js';
import { renderTraining } from '../../../../pipeline/benchmark/training/render-training.js';
import { benchmarkTraining } from '../../../../pipeline/benchmark/training/training.js';
import { withoutTensorflow } from '../../../model/training/tensorflow-or-skip.js';

const small = { size: { width: 32, height: 24 }, batch: 2, rounds: 2 } as const;

t.test('training steps are timed, each of a whole batch', { skip: withoutTensorflow, timeout: 120_000 }, async (t) => {
  const { rows, ...result } = await benchmarkTraining({ ...small, networks: ['segnet-lite'], peers: false });
  t.equal(rows.length, 1);
  const [row] = rows;
  if (!row || 'refused' in row) return t.fail(JSON.stringify(row));
  t.match(row, { network: 'segnet-lite', trainer: 'segnet-stream' });
  t.equal(row.frameMs.runs, 2);
  t.equal(row.stepMs, 2 * row.frameMs.median);
  t.ok(Math.abs(row.loss - Math.log(11)) < 1, `${row.loss} is about that of guessing`);
  t.match(renderTraining({ ...result, rows }), /segnet-lite +segnet-stream .*1\.00[\s\S]*No PyTorch/);
});

const hasPytorch = (await findPeers()).some(({ name }) => name === 'pytorch');
const skip = withoutTensorflow || (!hasPytorch && 'needs PyTorch: sh pipeline/benchmark/peers/setup.sh');

t.test('PyTorch begins at the same loss: the work is the same', { skip, timeout: 300_000 }, async (t) => {
  for (const network of ['enet', 'segnet-basic-single-channel-decoder', 'fcn-basic']) {
    const { rows } = await benchmarkTraining({ ...small, networks: [network] });
    t.equal(rows.length, 2);
    t.same(
      rows.filter((row) => 'refused' in row),
      [],
    );
  }
});
