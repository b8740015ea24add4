import { existsSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { createRoadScene } from '../../../fixtures/road-scene.js';
import type { RgbPicture } from '../../../model/engine.js';
import { evaluate } from '../../../pipeline/evaluate.js';
import { packagedNetworks } from '../../../pipeline/options/find-weights.js';
import { openEngine } from '../../../pipeline/options/open-engine.js';
import { packageRoot } from '../../../pipeline/options/package-root.js';

const camvid = join(packageRoot, '..', 'shared', 'data', 'camvid');
const withoutCamvid = existsSync(camvid) ? false : `CamVid is not at ${camvid}`;

/** What each scores at least on the validation set of CamVid: some points below its figure in the README. */
const leastMIoU = new Map([
  ['segnet-basic', 54],
  ['segnet-efficientnet', 60],
  ['segnet-lite', 61],
]);

t.test('every network that comes with the package is tested here', async (t) => {
  t.same(await packagedNetworks(), [...leastMIoU.keys()]);
});

for (const [network, least] of leastMIoU)
  t.test(`the weights of ${network}`, { timeout: 300_000 }, async (t) => {
    const engine = await openEngine({ network, provider: 'cpu' });
    t.teardown(() => engine.close());

    t.test('give a mirrored mask for a mirrored picture', async (t) => {
      const { width, height } = engine.inputSize;
      let same = 0;
      const seeds = [40, 41, 42, 43];
      for (const seed of seeds) {
        const { picture } = createRoadScene({ seed, width, height }).frameAt(0);
        const [mask, mirrored] = await engine.segment([picture, mirror(picture)]);
        for (let y = 0; y < height; y += 1) {
          for (let x = 0; x < width; x += 1) {
            if (mask!.data[y * width + x] === mirrored!.data[y * width + (width - 1 - x)]) same += 1;
          }
        }
      }
      // Streets that are drawn leave it more in doubt than CamVid's own pictures.
      const share = same / (seeds.length * width * height);
      t.ok(share > 0.85, `${(100 * share).toFixed(1)} % of pixels`);
    });

    t.test(`score at least ${least} mIoU on the validation set of CamVid`, { skip: withoutCamvid }, async (t) => {
      const { mIoU, G } = await evaluate({ images: join(camvid, 'val'), labels: join(camvid, 'valannot'), engine });
      t.ok(mIoU >= least, `mIoU ${mIoU.toFixed(1)}, G ${G.toFixed(1)}`);
    });
  });

function mirror({ width, height, data }: RgbPicture): RgbPicture {
  const mirrored = new Uint8Array(data.length);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const from = (y * width + x) * 3;
      mirrored.set(data.subarray(from, from + 3), (y * width + (width - 1 - x)) * 3);
    }
  }
  return { width, height, data: mirrored };
}
