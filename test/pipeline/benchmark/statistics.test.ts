import t from 'tap';
import { median, quantile, spreadOf } from '../../../pipeline/benchmark/statistics.js';

t.test('quantiles lie between neighbours, whatever the order of the measurements', async (t) => {
  t.equal(quantile([4, 1, 3, 2], 0.5), 2.5);
  t.equal(quantile([10, 20], 0.95), 19.5);
  t.equal(quantile([7], 0.95), 7);
  t.equal(median([9, 1, 5]), 5);
  const measurements = [3, 1, 2];
  median(measurements);
  t.same(measurements, [3, 1, 2], 'they stay in their order');
});

t.test('a spread tells of all measurements', async (t) => {
  t.same(spreadOf([5, 1, 3]), { runs: 3, median: 3, p95: 4.8, least: 1 });
});

t.test('there is no quantile of nothing, and none beyond all', async (t) => {
  t.throws(() => quantile([], 0.5), TypeError);
  t.throws(() => quantile([1], 1.5), TypeError);
  t.throws(() => quantile([1], Number.NaN), TypeError);
});
