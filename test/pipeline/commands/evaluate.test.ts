import { join } from 'node:path';
import t from 'tap';
import { writeSyntheticDataset } from '../../../fixtures/write-synthetic-dataset.js';
import { startCli } from '../built-cli.js';

const folder = t.testdir({});
await writeSyntheticDataset({ out: folder, count: 100, seed: 1, width: 64, height: 48 });
const data = ['--images', join(folder, 'train'), '--labels', join(folder, 'trainannot')];

t.test('Ctrl-C ends the evaluation without scores', async (t) => {
  const slow = ['--network', 'segnet-basic', '--size', '480x360', '--threads', '1'];
  const { process: child, finished } = startCli(['evaluate', ...data, ...slow, '--json']);
  child.stderr!.once('data', () => child.kill('SIGINT'));
  const { status, stdout, stderr } = await finished;
  t.equal(status, 130);
  t.same(JSON.parse(stdout), { error: { code: 'STOPPED', message: 'The evaluation was stopped' } });
  t.match(stderr, /\nStopping \(again to end at once\)\nThe evaluation was stopped \[STOPPED\]\n$/);
});
