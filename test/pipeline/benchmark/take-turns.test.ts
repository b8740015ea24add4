import t from 'tap';
import { takeTurns } from '../../../pipeline/benchmark/take-turns.js';

t.test('each round begins with another contestant, and results keep the order of the rounds', async (t) => {
  const order: string[] = [];
  const results = await takeTurns(['a', 'b', 'c'], 3, async (name, round) => {
    order.push(name);
    return `${name}${round}`;
  });
  t.equal(order.join(''), 'abcbcacab');
  t.same(
    [...results],
    [
      ['a', ['a0', 'a1', 'a2']],
      ['b', ['b0', 'b1', 'b2']],
      ['c', ['c0', 'c1', 'c2']],
    ],
  );
});

t.test('turns never overlap, and the first error ends them', async (t) => {
  let running = 0;
  let turns = 0;
  const turn = async () => {
    running += 1;
    t.equal(running, 1);
    await new Promise(setImmediate);
    running -= 1;
    turns += 1;
    if (turns === 3) throw new Error('no more');
  };
  await t.rejects(takeTurns(['a', 'b'], 5, turn), { message: 'no more' });
  t.equal(turns, 3);
});

t.test('no contestants or no rounds give no results', async (t) => {
  t.equal((await takeTurns([], 3, async () => 1)).size, 0);
  t.same([...(await takeTurns(['a'], 0, async () => 1))], [['a', []]]);
});
