import t from 'tap';
import { fillNormal, seededRandom } from '../../../model/initial-weights.js';
import { Histogram } from '../../../model/quantisation/histogram.js';

t.test('all values lie in the range of percentile 100, whatever their size', async (t) => {
  const histogram = new Histogram();
  histogram.add(Float32Array.of(0, 0.25, -0.5));
  histogram.add(Float32Array.of(300, -7));
  const [low, high] = histogram.percentile(100);
  t.ok(low <= -7 && low > -7.3, `${low}`);
  t.ok(high >= 300 && high < 400.3, `${high}`);
});

t.test('a range of values that are never negative begins at zero', async (t) => {
  const histogram = new Histogram();
  histogram.add(Float32Array.of(0, 0, 0, 3.9));
  t.equal(histogram.percentile(100)[0], 0);
  t.equal(histogram.leastSquares()[0], 0);
  t.strictSame(new Histogram().percentile(99.9).map(Math.abs), [0, 0], 'no values, no range');
});

t.test('a percentile leaves out as many on each side', async (t) => {
  const histogram = new Histogram();
  histogram.add(Float32Array.from({ length: 10_000 }, (_, i) => i / 5000 - 1));
  const [low, high] = histogram.percentile(99);
  t.ok(Math.abs(low + 0.98) < 0.001, `${low}`);
  t.ok(Math.abs(high - 0.98) < 0.001, `${high}`);
});

for (const method of ['leastSquares', 'entropy'] as const) {
  t.test(`${method} gives up a lonely outlier to be finer elsewhere`, async (t) => {
    const histogram = new Histogram();
    const normal = fillNormal(new Float32Array(100_000), 1, seededRandom(1));
    for (let i = 0; i < 10; i += 1) histogram.add(normal);
    histogram.add(Float32Array.of(60));
    const [low, high] = histogram[method]();
    t.ok(high < 40, `${high}`);
    t.ok(low > -5 && low < -2, `${low}`);
  });
}

t.test('entropy keeps values of which each has its share, and minds neither zeros nor their absence', async (t) => {
  const even = new Histogram();
  even.add(Float32Array.from({ length: 40_000 }, (_, i) => i / 10_000));
  const [low, high] = even.entropy();
  t.equal(low, 0);
  t.ok(high > 3.5, `${high}`);
  even.add(new Float32Array(1_000_000));
  t.strictSame(even.entropy(), [low, high], 'zeros change nothing');
  t.strictSame(new Histogram().entropy().map(Math.abs), [0, 0], 'no values, no range');
});

t.test('an infinity is refused: a network that diverged cannot be calibrated', async (t) => {
  t.throws(() => new Histogram().add(Float32Array.of(Number.NaN)), RangeError);
  t.throws(() => new Histogram().add(Float32Array.of(Number.POSITIVE_INFINITY)), RangeError);
});
