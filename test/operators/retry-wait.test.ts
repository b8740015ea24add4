import t from 'tap';
import { retryWait } from '../../operators/retry-wait.js';

t.test('waits double up to the longest one', async (t) => {
  t.same(
    [0, 1, 2, 3, 4].map((failures) => retryWait(failures, 500, 5000)),
    [500, 1000, 2000, 4000, 5000],
  );
});

t.test('a source that fails for years still has a wait', async (t) => {
  t.equal(retryWait(100_000, 500, 15_000), 15_000);
  t.equal(retryWait(100_000, 0, 15_000), 0);
});
