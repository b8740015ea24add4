import t from 'tap';
import { parseShard, takeShard } from '../../../pipeline/run/shard.js';

t.test('shards are disjoint, together complete, even, and the same whatever the order of the list', async (t) => {
  const files = Array.from({ length: 23 }, (_, index) => `clip${index}.mp4`);
  const shards = [1, 2, 3, 4].map((index) => takeShard(files, { index, count: 4 }, (file) => file));
  t.same(shards.flat().sort(), [...files].sort());
  t.same(
    shards.map(({ length }) => length),
    [6, 6, 6, 5],
  );
  const reversed = takeShard([...files].reverse(), { index: 2, count: 4 }, (file) => file);
  t.same([...reversed].sort(), [...shards[1]!].sort());
});

t.test('more shards than files leave some with nothing to do', async (t) => {
  t.same(
    takeShard(['a'], { index: 2, count: 3 }, (file) => file),
    [],
  );
});

t.test('a shard is I/N', async (t) => {
  t.same(parseShard('--shard', '2/4'), { index: 2, count: 4 });
  t.same(parseShard('shard', { index: 1, count: 1 }), { index: 1, count: 1 });
  for (const value of ['0/4', '5/4', '1', '1/0', 'a/b', '1/2/3', {}, null, 3]) {
    t.throws(() => parseShard('--shard', value), { code: 'OPTION_INVALID', message: /^Expected --shard to be I\/N/ });
  }
});
