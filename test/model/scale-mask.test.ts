import t from 'tap';
import { scaleMask } from '../../model/scale-mask.js';

t.test('masks scale by nearest neighbour and never mix labels', async (t) => {
  const mask = { width: 2, height: 2, data: Uint8Array.of(0, 9, 3, 255) };
  t.same(scaleMask(mask, 4, 2).data, Uint8Array.of(0, 0, 9, 9, 3, 3, 255, 255));
  t.same(scaleMask(mask, 2, 4).data, Uint8Array.of(0, 9, 0, 9, 3, 255, 3, 255), 'rows are repeated');
  t.same(scaleMask(scaleMask(mask, 6, 10), 2, 2), mask);
  t.equal(scaleMask(mask, 2, 2), mask, 'the same size is the same mask');
});

t.test('a smaller mask takes the middle ones', async (t) => {
  const mask = { width: 4, height: 3, data: Uint8Array.of(0, 0, 1, 1, 0, 1, 1, 0, 1, 255, 1, 0) };
  t.same([...scaleMask(mask, 2, 1).data], [1, 0]);
});
