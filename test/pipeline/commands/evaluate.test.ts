import { cpSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import t from 'tap';
import { writeSyntheticDataset } from '../../../fixtures/write-synthetic-dataset.js';
import { createEvaluateCommand } from '../../../pipeline/commands/evaluate.js';
import { startCli } from '../built-cli.js';

const folder = t.testdir({});
await writeSyntheticDataset({ out: folder, count: 100, seed: 1, width: 64, height: 48 });
const data = ['--images', join(folder, 'train'), '--labels', join(folder, 'trainannot')];

const commandLine = (...args: string[]) =>
  createEvaluateCommand()
    .exitOverride()
    .parseAsync(['node', 'evaluate', ...data, ...args]);

t.test('a picture that cannot be written is said before the work', async (t) => {
  await t.rejects(commandLine('--picture', '/dev/null/a.svg', '--weights', 'none.safetensors'), {
    code: 'OUTPUT_UNWRITABLE',
  });
});

t.test('numbers in labels that are no class hint at --classes, where it is not given', async (t) => {
  const labels = join(folder, 'own');
  cpSync(join(folder, 'trainannot'), labels, { recursive: true });
  const [first] = readdirSync(labels);
  const own = Buffer.alloc(64 * 48, 200);
  await sharp(own, { raw: { width: 64, height: 48, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toFile(join(labels, first!));
  await t.rejects(commandLine('--labels', labels), {
    code: 'DATASET_INVALID',
    message: /got 200 [\s\S]*--classes FOLDER\/dataset\.json$/,
  });
  await t.rejects(commandLine('--labels', labels, '--classes', 'camvid-11'), { message: /got 200 \(3072 pixels\)$/ });
});

t.test('Ctrl-C ends the evaluation without scores', async (t) => {
  const slow = ['--network', 'segnet-basic', '--size', '480x360', '--threads', '1'];
  const { process: child, finished } = startCli(['evaluate', ...data, ...slow, '--json']);
  child.stderr!.once('data', () => child.kill('SIGINT'));
  const { status, stdout, stderr } = await finished;
  t.equal(status, 130);
  t.same(JSON.parse(stdout), { error: { code: 'STOPPED', message: 'The evaluation was stopped' } });
  t.match(stderr, /\nStopping \(again to end at once\)\nThe evaluation was stopped \[STOPPED\]\n$/);
});
