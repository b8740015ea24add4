import t from 'tap';
import { createGrowingTimes } from '../../operators/growing-times.js';

function growing(ptsUs: readonly number[]): readonly number[] {
  const times = createGrowingTimes();
  return ptsUs.map((us) => times.next(us));
}

t.test('times that grow stay as they are', async (t) => {
  t.same(growing([-5000, 0, 1, 40_000]), [-5000, 0, 1, 40_000]);
  t.equal(createGrowingTimes().lastUs, Number.NEGATIVE_INFINITY);
});

t.test('one wrong time comes right after the last, and those after it stay', async (t) => {
  t.same(growing([0, 40_000, 40_000, 80_000]), [0, 40_000, 41_000, 80_000]);
  t.same(growing([600_000, 100_001, 640_000]), [600_000, 601_000, 640_000]);
});

t.test('a clock that was set back continues behind the last picture', async (t) => {
  t.same(growing([9_000_000, 0, 40_000, 80_000]), [9_000_000, 9_040_000, 9_080_000, 9_120_000]);
  t.same(growing([600_000, 100_000, 140_000]), [600_000, 640_000, 680_000]);
});
