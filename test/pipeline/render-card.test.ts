import { join } from 'node:path';
import t from 'tap';
import { parse } from 'yaml';
import { readWeights } from '../../model/weights.js';
import { packagedNetworks } from '../../pipeline/options/find-weights.js';
import { packagedFile } from '../../pipeline/options/package-root.js';
import { renderCard } from '../../pipeline/render-card.js';
import { runCli } from './built-cli.js';
import { writeRandomWeights } from './run/random-weights.js';

t.test('weights that come with the package say how they were made, what they score, and their limits', async (t) => {
  for (const network of await packagedNetworks()) {
    const { card } = await readWeights(packagedFile('model', 'weights', `${network}.safetensors`));
    const shown = parse(renderCard(card));
    t.match(shown, {
      network,
      training: {
        data: /CamVid/,
        recipe: { name: String },
        epoch: Number,
        hours: Number,
        command: /^segnet-stream train /,
      },
      scores: {
        command: /^segnet-stream evaluate /,
        validation: { float32: { G: Number, C: Number, mIoU: Number, BF: Number } },
      },
      licence: /MIT/,
      limits: String,
    });
    t.equal(shown.classes.length, card.classes.length);
    t.equal(shown.calibration.ranges, undefined, 'the ranges of layers are for machines');
  }
});

t.test('describe prints the card of a file, and says where there is none', async (t) => {
  const weights = await writeRandomWeights(t.testdir({}));
  const { status, stdout } = await runCli(['describe', '--weights', weights]);
  t.equal(status, 0);
  t.match(parse(stdout), { network: String, inputSize: { width: Number } });
  const missing = await runCli(['describe', '--weights', join(t.testdirName, 'none.safetensors')]);
  t.match(missing, { status: 1, stderr: /none\.safetensors.*WEIGHTS_MISSING/ });
  t.match(await runCli(['describe', 'unet', '--card']), { status: 1, stderr: /unet.*segnet-basic/ });
});
