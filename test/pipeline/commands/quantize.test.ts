import { copyFile, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { writeSyntheticDataset } from '../../../fixtures/write-synthetic-dataset.js';
import { calibrationOf } from '../../../model/calibration.js';
import { writeCheckpoint } from '../../../model/training/checkpoint.js';
import { recipes } from '../../../model/training/recipe.js';
import { readWeights } from '../../../model/weights.js';
import { packagedFile, sampleClip } from '../../../pipeline/options/package-root.js';
import { warningsOf } from '../../../pipeline/quantize.js';
import { testClip } from '../../operators/test-clip.js';
import { runCli, startCli } from '../built-cli.js';
import { writeRandomWeights } from '../run/random-weights.js';

const folder = t.testdir({});
// Of few layers, each of which may be tried in float32.
const weights = await writeRandomWeights(folder, 1, 'fcn-basic-no-addition');

t.test('weights are calibrated with frames of a video', async (t) => {
  const output = join(folder, 'int8.safetensors');
  const args = ['quantize', weights, '--calibrate', await testClip('plain'), '--pictures', '2', '-o', output, '--json'];
  const { status, stdout, stderr } = await runCli(args);
  t.equal(status, 0, stderr);
  const { path, calibration, warnings } = JSON.parse(stdout);
  t.equal(path, output);
  t.match(calibration, { method: String, float: Array, measured: { pictures: 2, agreement: Number, loss: Number } });
  t.equal(warnings.length > 0, calibration.measured.loss > calibration.measured.tolerance);
  t.match(stderr, /^trial 6 of at most \d+: entropy: [\d.]+ % of pixels as in float32$/m);
  t.equal(calibrationOf((await readWeights(output)).card)?.measured?.pictures, 2);
  const few = await runCli(['quantize', weights, '--calibrate', await testClip('plain'), '-o', output]);
  t.match(few, { status: 0, stderr: /^Only 5 of 32 pictures were there: ranges of few may not hold for others$/m });
  t.match(
    few.stdout,
    /^Calibrated .*int8\.safetensors: .* in int8\nOn 5 pictures: [\d.]+ % of pixels as in float32\n$/,
  );
  t.notMatch(stderr, /Only/);
});

t.test('the end says mIoU where there are labels, and warns where more is lost than is tolerated', async (t) => {
  const data = join(t.testdir({}), 'scenes');
  await writeSyntheticDataset({ out: data, count: 4, seed: 1, width: 64, height: 48 });
  const output = join(folder, 'labelled.safetensors');
  const [images, labels] = [join(data, 'train'), join(data, 'trainannot')];
  const args = ['quantize', weights, '--calibrate', images, '--labels', labels, '--pictures', '2', '-o', output];
  const { status, stdout } = await runCli(args);
  t.equal(status, 0);
  t.match(stdout, /^On 2 pictures: [\d.]+ % of pixels as in float32; mIoU [\d.]+, in float32 [\d.]+$/m);
  const measured = { pictures: 32, agreement: 92.5, loss: 7.5, tolerance: 5 };
  t.match(warningsOf(measured, 32), [
    /^7\.50 % of pixels .* more than the 5 % that are tolerated: .*--precision float32$/,
  ]);
  t.match(warningsOf({ ...measured, mIoU: 60, float32MIoU: 62, loss: 2.75, tolerance: 1 }, 32), [
    /^int8 loses 2\.75 points \(of mIoU, and a tenth of the 7\.50 % .*\), more than the 1 tolerated: /,
  ]);
  t.same(warningsOf({ ...measured, loss: 5 }, 32), []);
});

t.test('a video that is not there is one clear error', async (t) => {
  const { status, stderr } = await runCli(['quantize', weights, '--calibrate', join(folder, 'none.mp4')]);
  t.equal(status, 1);
  t.match(stderr, /none\.mp4/);
  t.notMatch(stderr, /UNEXPECTED/);
});

t.test('what cannot be calibrated with is one clear error, and so is an output that cannot be written', async (t) => {
  const empty = t.testdir({});
  const clip = await testClip('plain');
  const cases: readonly (readonly [readonly string[], number, RegExp])[] = [
    [['--calibrate', empty], 1, /INPUT_MISSING/],
    [['--calibrate', clip, '--labels', empty], 2, /OPTION_INVALID/],
    [['--calibrate', clip, '--pictures', '1', '-o', join(empty, 'none', 'a.safetensors')], 1, /OUTPUT_UNWRITABLE/],
  ];
  for (const [args, expected, message] of cases) {
    const { status, stderr } = await runCli(['quantize', weights, ...args]);
    t.equal(status, expected);
    t.match(stderr, message);
  }
});

t.test('the checkpoint of a training is refused, and keeps its state', async (t) => {
  const path = join(t.testdir({}), 'last.safetensors');
  const { card, tensors } = await readWeights(weights);
  const losses = { sum: 0, count: 0 };
  const state = { recipe: recipes.compact, seed: 1, epoch: 1, step: 0, seconds: 1, card, losses, listing: 'a' };
  await writeCheckpoint(path, { state, tensors });
  const before = await readFile(path);
  const { status, stderr } = await runCli(['quantize', path, '--calibrate', await testClip('plain')]);
  t.equal(status, 1);
  t.match(stderr, /Expected weights at .*last\.safetensors, got a checkpoint of training: .*best\.safetensors/);
  t.match(stderr, /WEIGHTS_INVALID/);
  t.ok(before.equals(await readFile(path)));
});

t.test('Ctrl-C leaves the weights as they were, and nothing beside them', async (t) => {
  const own = t.testdir({});
  const path = join(own, 'mine.safetensors');
  await copyFile(packagedFile('model', 'weights', 'segnet-basic.safetensors'), path);
  const before = await readFile(path);
  const { process: child, finished } = startCli(['quantize', path, '--calibrate', sampleClip, '--pictures', '16']);
  child.stderr!.on('data', (text) => {
    if (String(text).includes('all values')) child.kill('SIGINT');
  });
  const { status, stdout, stderr } = await finished;
  t.equal(status, 130);
  t.equal(stdout, '');
  t.match(stderr, /The calibration was stopped \[STOPPED\]\n$/);
  t.ok(before.equals(await readFile(path)));
  t.same(await readdir(own), ['mine.safetensors']);
});
