import t from 'tap';
import type { ClassMask } from '../../../model/engine.js';
import { boundaryScores, createBoundaryAverage } from '../../../model/evaluation/boundary.js';

/** A mask from a function of column and row. */
function mask(width: number, height: number, classAt: (x: number, y: number) => number): ClassMask {
  const data = Uint8Array.from({ length: width * height }, (_, i) => classAt(i % width, Math.floor(i / width)));
  return { width, height, data };
}

/** Two classes, the second from column `edge` on. */
const split = (width: number, height: number, edge: number) => mask(width, height, (x) => (x < edge ? 0 : 1));

t.test('equal masks score 100, and classes that the truth lacks are left out', async (t) => {
  const truth = split(480, 360, 100);
  t.same(boundaryScores(truth, truth, 3), [100, 100, Number.NaN]);
});

t.test(
  'a boundary moved by 4 pixels is matched at 480x360, where 0.75 % of the diagonal is 4.5; by 5 it is not',
  async (t) => {
    const truth = split(480, 360, 100);
    t.same(boundaryScores(truth, split(480, 360, 104), 2), [100, 100]);
    t.same(boundaryScores(truth, split(480, 360, 105), 2), [0, 0]);
  },
);

t.test('a distance of exactly 0.75 % of the diagonal is a match', async (t) => {
  // 800x600 has a diagonal of 1000, hence 7.5; 1600x1200 has 2000, hence exactly 15.
  t.same(boundaryScores(split(1600, 1200, 500), split(1600, 1200, 515), 2), [100, 100]);
  t.same(boundaryScores(split(1600, 1200, 500), split(1600, 1200, 516), 2), [0, 0]);
});

t.test('distance is Euclidean: 3 across and 4 down is further than 4.5, 3 and 3 is not', async (t) => {
  const dot = (x0: number, y0: number) => mask(480, 360, (x, y) => (x === x0 && y === y0 ? 1 : 0));
  t.equal(boundaryScores(dot(50, 50), dot(53, 53), 2)[1], 100);
  t.equal(boundaryScores(dot(50, 50), dot(53, 54), 2)[1], 0);
});

t.test('precision and recall are counted by hand where half of a boundary is invented', async (t) => {
  // Truth: one column at 100. Prediction: that column and another, far away, of the same length.
  const lines = (columns: readonly number[]) => mask(480, 360, (x) => (columns.includes(x) ? 1 : 0));
  const scores = boundaryScores(lines([100]), lines([100, 300]), 2);
  // Class 1: recall 1, precision 1/2.
  t.equal(scores[1], (200 * 1 * 0.5) / 1.5);
  // Class 0: its boundary is the two columns beside each line, so the same shares.
  t.equal(scores[0], (200 * 1 * 0.5) / 1.5);
});

t.test(
  'a boundary pixel touches a neighbour of another class in one of four directions, not by a corner',
  async (t) => {
    // 20x20: the tolerance is 0.2 pixels, so only equal boundaries match.
    const square = mask(20, 20, (x, y) => (x >= 5 && x <= 7 && y >= 5 && y <= 7 ? 1 : 0));
    const ring = mask(20, 20, (x, y) => (x === 6 && y === 6 ? 0 : square.data[y * 20 + x]!));
    // Class 1: both have the 8 outer pixels of the square as boundary; the centre of the square is none.
    // Class 0: the truth's 12 surround the square (its 4 corners do not), the prediction has the centre besides.
    const [zero, one] = boundaryScores(square, ring, 2);
    t.equal(one, 100);
    t.equal(zero, (200 * 1 * (12 / 13)) / (1 + 12 / 13));
  },
);

t.test('a class of the truth that the prediction lacks scores 0, an invented one does not count', async (t) => {
  const truth = split(480, 360, 240);
  const without = mask(480, 360, () => 0);
  t.same(boundaryScores(truth, without, 2), [0, 0]);
  t.same(boundaryScores(without, truth, 2), [0, Number.NaN]);
});

t.test('a class that fills the truth has no boundary: 100 if it fills the prediction too, else 0', async (t) => {
  const full = (index: number) => mask(8, 8, () => index);
  t.same(boundaryScores(full(1), full(1), 2), [Number.NaN, 100]);
  t.same(boundaryScores(full(1), full(0), 2), [Number.NaN, 0]);
});

t.test('void makes boundaries but is no class', async (t) => {
  const truth = split(480, 360, 100);
  const voided = mask(480, 360, (x) => (x < 100 ? 0 : 255));
  t.same(boundaryScores(voided, truth, 2), [100, Number.NaN]);
  t.same(
    boundaryScores(
      mask(4, 4, () => 255),
      split(4, 4, 2),
      2,
    ),
    [Number.NaN, Number.NaN],
  );
});

t.test('agrees with the definition written down plainly, on random masks', async (t) => {
  let state = 7;
  const random = (below: number) => {
    state = (state * 48271) % 2147483647;
    return state % below;
  };
  const [width, height, classes] = [310, 270, 4];
  const patches = () => {
    const data = new Uint8Array(width * height);
    for (let patch = 0; patch < 40; patch += 1) {
      const [x0, y0, w, h, index] = [
        random(width),
        random(height),
        1 + random(90),
        1 + random(60),
        random(classes + 1),
      ];
      for (let y = y0; y < Math.min(y0 + h, height); y += 1)
        data.fill(index, y * width + x0, y * width + Math.min(x0 + w, width));
    }
    return { width, height, data };
  };
  for (let round = 0; round < 3; round += 1) {
    const [truth, prediction] = [patches(), patches()];
    t.same(boundaryScores(truth, prediction, classes), plainScores(truth, prediction, classes));
  }
});

t.test('refuses masks of different sizes', async (t) => {
  t.throws(() => boundaryScores(split(4, 4, 2), split(8, 2, 2), 2), {
    message: 'Expected masks of one size, got 4x4 and 8x2',
  });
});

t.test(
  'the average is over the classes of each picture, then over pictures; by class over the pictures that have it',
  async (t) => {
    const average = createBoundaryAverage(3);
    average.add([100, 50, Number.NaN]);
    average.add([40, Number.NaN, Number.NaN]);
    average.add([Number.NaN, Number.NaN, Number.NaN]);
    t.same(average.result(), { BF: (75 + 40) / 2, perClass: [70, 50, Number.NaN] });
  },
);

/** Boundary F1 by comparing every boundary pixel with every other. */
function plainScores(truth: ClassMask, prediction: ClassMask, classes: number): readonly number[] {
  const { width, height } = truth;
  const radius = 0.0075 * Math.hypot(width, height);
  const boundary = ({ data }: ClassMask, index: number) => {
    const is = (x: number, y: number) => x < 0 || y < 0 || x >= width || y >= height || data[y * width + x] === index;
    const pixels: [number, number][] = [];
    for (let i = 0; i < data.length; i += 1) {
      const [x, y] = [i % width, Math.floor(i / width)];
      if (data[i] === index && !(is(x - 1, y) && is(x + 1, y) && is(x, y - 1) && is(x, y + 1))) pixels.push([x, y]);
    }
    return pixels;
  };
  const share = (of: [number, number][], among: [number, number][]) =>
    of.filter(([x, y]) => among.some(([u, v]) => Math.hypot(x - u, y - v) <= radius)).length / of.length;
  return Array.from({ length: classes }, (_, index) => {
    if (!truth.data.includes(index)) return Number.NaN;
    const [ofTruth, ofPrediction] = [boundary(truth, index), boundary(prediction, index)];
    const [r, p] = [share(ofTruth, ofPrediction), share(ofPrediction, ofTruth)];
    return r > 0 && p > 0 ? (200 * r * p) / (r + p) : 0;
  });
}
