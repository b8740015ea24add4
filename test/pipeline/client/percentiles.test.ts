import t from 'tap';
import { percentilesOf } from '../../../pipeline/client/percentiles.js';

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

t.test('a percentile is the least value that so many per cent do not exceed', async (t) => {
  t.same(percentilesOf(upTo(100)), { p50: 50, p95: 95, p99: 99 });
  t.same(percentilesOf(upTo(75)), { p50: 38, p95: 72, p99: 75 });
  t.same(percentilesOf([7]), { p50: 7, p95: 7, p99: 7 });
  t.equal(percentilesOf([]), undefined);
});
