import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { readAhead } from '../../../model/dataset/read-ahead.js';

t.test('keeps the order of items while several are under way, and no more than asked', async (t) => {
  let underWay = 0;
  let most = 0;
  const read = async (item: number) => {
    underWay += 1;
    most = Math.max(most, underWay);
    await sleep(item % 3);
    underWay -= 1;
    return item * 2;
  };
  const results: number[] = [];
  for await (const result of readAhead([5, 4, 3, 2, 1, 0], read, 3)) results.push(result);
  t.same(results, [10, 8, 6, 4, 2, 0]);
  t.equal(most, 3);
});

t.test('throws a failure in its turn, after the results before it', async (t) => {
  const results: number[] = [];
  const read = async (item: number) => {
    if (item === 1) throw new Error('unreadable');
    await sleep(2);
    return item;
  };
  const all = async () => {
    for await (const result of readAhead([0, 1, 2], read)) results.push(result);
  };
  await t.rejects(all(), { message: 'unreadable' });
  t.same(results, [0]);
});

t.test('starts nothing more once the consumer leaves, and nothing for an empty list', async (t) => {
  const started: number[] = [];
  const read = async (item: number) => started.push(item);
  for await (const _ of readAhead([0, 1, 2, 3, 4, 5], read, 2)) break;
  await sleep(5);
  t.same(started, [0, 1]);
  for await (const _ of readAhead([], read)) t.fail('there is nothing to give');
});
