import t from 'tap';
import type { ClassMask, RgbPicture } from '../../../model/engine.js';
import { corrupt, corruptionNames } from '../../../model/evaluation/corruptions.js';

const [width, height] = [200, 160];

/** A grey picture with a white column in the middle, and labels that count rows. */
const picture: RgbPicture = {
  width,
  height,
  data: Uint8Array.from({ length: width * height * 3 }, (_, i) => (Math.floor(i / 3) % width === 100 ? 255 : 100)),
};
const labels = { width, height, data: Uint8Array.from({ length: width * height }, (_, i) => Math.floor(i / width)) };

/** Same size, same bytes. */
const equal = (left: RgbPicture | ClassMask, right: RgbPicture | ClassMask) =>
  left.width === right.width && left.height === right.height && Buffer.compare(left.data, right.data) === 0;

const meanOf = ({ data }: RgbPicture) => data.reduce((sum, value) => sum + value, 0) / data.length;

t.test('every corruption changes the picture, the same way each time, and leaves the original alone', async (t) => {
  const before = {
    picture: { ...picture, data: picture.data.slice() },
    labels: { ...labels, data: labels.data.slice() },
  };
  for (const name of corruptionNames) {
    const [first, second] = [await corrupt({ picture, labels }, name), await corrupt({ picture, labels }, name)];
    t.notOk(equal(first.picture, picture), `${name} changes the picture`);
    t.ok(equal(first.picture, second.picture) && equal(first.labels, second.labels), `${name} is deterministic`);
    t.equal(first.picture.data.length, first.picture.width * first.picture.height * 3, `${name} keeps three channels`);
    t.same(
      [first.labels.width, first.labels.height],
      [first.picture.width, first.picture.height],
      `${name} keeps pairs`,
    );
  }
  t.ok(equal(picture, before.picture) && equal(labels, before.labels), 'the original is as it was');
});

t.test('dark is a quarter of the light, bright clips, fog lifts', async (t) => {
  const mean = meanOf(picture);
  t.ok(Math.abs(meanOf((await corrupt({ picture, labels }, 'dark')).picture) - mean / 4) < 1);
  const bright = (await corrupt({ picture, labels }, 'bright')).picture.data;
  t.same([bright[0], bright[300]], [180, 255]);
  t.equal((await corrupt({ picture, labels }, 'fog')).picture.data[0], 160);
});

t.test('motion blur spreads a column along its row, over five pixels of 200', async (t) => {
  const { data } = (await corrupt({ picture, labels }, 'motion-blur')).picture;
  const row = Array.from({ length: 9 }, (_, i) => data[(80 * width + 96 + i) * 3]!);
  t.same(row, [100, 100, 131, 131, 131, 131, 131, 100, 100]);
});

t.test('wide keeps the middle rows with their labels, squeezed three quarters of the columns', async (t) => {
  const wide = await corrupt({ picture, labels }, 'wide');
  t.same([wide.picture.width, wide.picture.height], [200, 100]);
  t.same([wide.labels.data[0], wide.labels.data.at(-1)], [30, 129]);
  const squeezed = await corrupt({ picture, labels }, 'squeezed');
  t.same([squeezed.picture.width, squeezed.picture.height], [150, 160]);
  t.same([squeezed.labels.data[0], squeezed.labels.data.at(-1)], [0, 159]);
});
