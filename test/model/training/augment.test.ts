import t from 'tap';
import type { RgbPicture } from '../../../model/engine.js';
import { seededRandom } from '../../../model/initial-weights.js';
import {
  type Augmentation,
  cutCrop,
  halve,
  pasteRectangle,
  prepareForCrops,
  type TrainingPicture,
} from '../../../model/training/augment.js';

const plain: Augmentation = { scales: [1, 1], aspect: 0, flip: false, colour: 0, light: 0, noise: 0, blur: 0, mix: 0 };
const fill = [9, 9, 9] as const;

/** A picture whose red is the column and whose green is the row, with labels column + 10 * row. */
function ramp(width: number, height: number): TrainingPicture {
  const data = new Uint8Array(width * height * 3);
  const labels = new Uint8Array(width * height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      data.set([x, y, 0], (y * width + x) * 3);
      labels[y * width + x] = x + 10 * y;
    }
  }
  return labelled({ width, height, data }, labels);
}

/** A picture that magnifications refer to as it is; all of one class unless it has labels. */
function labelled(picture: RgbPicture, labels = new Uint8Array(picture.width * picture.height)): TrainingPicture {
  return { picture, halved: halve(picture), truth: { ...picture, data: labels }, unit: 1 };
}

function cut(width: number, height: number, augmentation: Augmentation, random: () => number, source = ramp(8, 6)) {
  const images = new Uint8Array(width * height * 3);
  const labels = new Uint8Array(width * height);
  cutCrop(source, { width, height }, augmentation, random, fill, { images, labels, offset: 0 });
  return { images: [...images], labels: [...labels] };
}

t.test('a crop of the whole picture is the picture', async (t) => {
  const { picture, truth } = ramp(8, 6);
  t.same(
    cut(8, 6, plain, () => 0.3),
    { images: [...picture.data], labels: [...truth.data] },
  );
});

t.test('pixels and labels are cut at the same place', async (t) => {
  for (let seed = 0; seed < 20; seed += 1) {
    const { images, labels } = cut(3, 3, { ...plain, flip: true }, seededRandom(seed));
    labels.forEach((label, i) => {
      // The place in the picture is rarely whole: the label is the nearest of what is interpolated.
      t.ok(Math.abs(images[3 * i]! - (label % 10)) <= 1 && Math.abs(images[3 * i + 1]! - Math.floor(label / 10)) <= 1);
    });
  }
});

t.test('a mirrored crop runs the other way', async (t) => {
  const random = [0, 0, 0.2, 0, 0];
  const { labels } = cut(8, 6, { ...plain, flip: true }, () => random.shift() ?? 0.5);
  t.same(labels.slice(0, 8), [7, 6, 5, 4, 3, 2, 1, 0]);
});

t.test('what lies outside the picture is filled, and void', async (t) => {
  const { images, labels } = cut(16, 6, plain, () => 0.5);
  t.same(images.slice(0, 3), [...fill]);
  t.equal(labels[0], 255);
  t.equal(labels.filter((label) => label !== 255).length, 48);
});

t.test('colours change by a table for each channel, and not at strength 0', async (t) => {
  const grey = { width: 2, height: 2, data: new Uint8Array(12).fill(100) };
  const source = labelled(grey);
  t.same(cut(2, 2, plain, () => 0.9, source).images, new Array(12).fill(100));
  t.notSame(cut(2, 2, { ...plain, colour: 0.3 }, () => 0.9, source).images, new Array(12).fill(100));
});

t.test('a magnification means the same for pictures of any size', async (t) => {
  const camvid = ramp(480, 360);
  const prepared = await prepareForCrops(camvid.picture, camvid.truth, 0.95);
  t.equal(prepared.picture, camvid.picture, "CamVid's pictures stay as they are");
  t.equal(prepared.unit, 1);

  // The left half is class 1, the right half class 2, in a picture four times as wide as what a crop at 1 shows.
  const [width, height] = [1920, 1440];
  const data = new Uint8Array(width * height).map((_, i) => (i % width < width / 2 ? 1 : 2));
  const large = { width, height, data: new Uint8Array(width * height * 3) };
  const half = await prepareForCrops(large, { width, height, data }, 0.5);
  t.match(half, { picture: { width: 480, height: 360 }, truth: { width: 480, height: 360 }, unit: 1 });
  const whole = cut(240, 180, { ...plain, scales: [0.5, 0.5] }, () => 0, half).labels;
  t.same([whole[0], whole[119], whole[120], whole.at(-1)], [1, 1, 2, 2], 'a crop of 240x180 at 0.5 is all of it');

  const detailed = await prepareForCrops(large, { width, height, data }, 2);
  t.match(detailed, { picture: { width: 960, height: 720 }, unit: 0.5 }, 'what larger magnifications show is kept');
  t.same(cut(240, 180, { ...plain, scales: [0.5, 0.5] }, () => 0, detailed).labels, whole);

  const tiny = await prepareForCrops(ramp(8, 6).picture, ramp(8, 6).truth, 1);
  t.match(tiny, { picture: { width: 8, height: 6 }, unit: 60 }, 'nothing is enlarged before it is cut');
});

t.test('halving takes the mean of four, and leaves an odd edge out', async (t) => {
  const picture = {
    width: 3,
    height: 2,
    data: Uint8Array.from([0, 0, 0, 4, 8, 12, 99, 99, 99, 8, 8, 8, 4, 8, 12, 99, 99, 99]),
  };
  t.same([...halve(picture).data], [4, 6, 8]);
  t.same([...halve({ width: 1, height: 1, data: Uint8Array.from([1, 2, 3]) }).data], [1, 2, 3]);
});

t.test('uneven light changes a flat picture along one direction, and its middle not at all', async (t) => {
  const grey = { width: 9, height: 1, data: new Uint8Array(27).fill(100) };
  const source = labelled(grey);
  const { images } = cut(9, 1, { ...plain, light: 1 }, () => 0.99, source);
  const red = images.filter((_, i) => i % 3 === 0);
  t.ok(red.at(-1)! > red[0]! * 1.5, red.join());
  t.ok(Math.abs(red[4]! - 100) < 5, red.join());
});

t.test('CutMix takes pictures and labels of one rectangle from another crop', async (t) => {
  const crop = { width: 8, height: 6 };
  for (let seed = 0; seed < 20; seed += 1) {
    const into = { images: new Uint8Array(2 * 48 * 3), labels: new Uint8Array(2 * 48), offset: 48 };
    pasteRectangle(
      { images: new Uint8Array(48 * 3).fill(7), labels: new Uint8Array(48).fill(3) },
      into,
      crop,
      seededRandom(seed),
    );
    const pasted = into.labels.filter((label) => label === 3).length;
    t.ok(pasted >= 2 * 2 && pasted <= 6 * 5, `${pasted} of 48`);
    t.ok(into.labels.subarray(0, 48).every((label) => label === 0));
    into.labels.forEach((label, i) => {
      const pixel = into.images.subarray(3 * i, 3 * i + 3);
      t.ok(pixel.every((value) => value === (label === 3 ? 7 : 0)));
    });
  }
});

t.test('noise has no bias, and its strength is drawn for each crop', async (t) => {
  const grey = { width: 40, height: 40, data: new Uint8Array(4800).fill(100) };
  const source = labelled(grey);
  const deviations = Array.from({ length: 8 }, (_, seed) => {
    const { images } = cut(40, 40, { ...plain, noise: 20 }, seededRandom(seed), source);
    const mean = images.reduce((sum, value) => sum + value, 0) / images.length;
    t.ok(Math.abs(mean - 100) < 2, `mean ${mean}`);
    return Math.sqrt(images.reduce((sum, value) => sum + (value - mean) ** 2, 0) / images.length);
  });
  t.ok(Math.max(...deviations) < 21, deviations.join());
  t.ok(Math.max(...deviations) > 2 * Math.min(...deviations), deviations.join());
});

t.test(
  'a blur keeps the sum, spreads by its standard deviation, and its strength and direction are drawn for each crop',
  async (t) => {
    const side = 41;
    const point = { width: side, height: side, data: new Uint8Array(side * side * 3) };
    // A dot of 3x3 is bright enough that rounding takes nothing noticeable away.
    for (const y of [19, 20, 21]) point.data.fill(255, (y * side + 19) * 3, (y * side + 22) * 3);
    const source = labelled(point);
    const spreads = Array.from({ length: 60 }, (_, seed) => {
      const red = cut(side, side, { ...plain, blur: 3 }, seededRandom(seed), source).images.filter(
        (_, i) => i % 3 === 0,
      );
      const sum = red.reduce((total, value) => total + value, 0);
      t.ok(Math.abs(sum / (9 * 255) - 1) < 0.1, `sum ${sum}`);
      const deviation = (place: (i: number) => number) =>
        Math.sqrt(red.reduce((total, value, i) => total + value * (place(i) - 20) ** 2, 0) / sum - 2 / 3);
      return [deviation((i) => i % side), deviation((i) => Math.floor(i / side))] as const;
    });
    const largest = spreads.map((both) => Math.max(...both));
    t.ok(Math.max(...largest) < 3.2, largest.join());
    t.ok(Math.max(...largest) > 1.5, largest.join());
    t.ok(
      largest.some((value) => value < 0.3),
      largest.join(),
    );
    t.ok(
      spreads.some(([across, down]) => across > 1.5 * down + 0.3),
      spreads.join(' '),
    );
    t.ok(
      spreads.some(([across, down]) => down > 1.5 * across + 0.3),
      spreads.join(' '),
    );
  },
);

t.test('a blur leaves a flat picture and its labels as they are', async (t) => {
  const grey = { width: 12, height: 9, data: new Uint8Array(324).fill(100) };
  const source = labelled(grey, new Uint8Array(108).fill(4));
  for (let seed = 0; seed < 8; seed += 1) {
    const { images, labels } = cut(12, 9, { ...plain, blur: 3 }, seededRandom(seed), source);
    t.ok(images.every((value) => value === 100) && labels.every((label) => label === 4));
  }
});
