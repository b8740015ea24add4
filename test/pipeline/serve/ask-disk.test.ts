import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { askInTurn } from '../../../pipeline/serve/ask-disk.js';

t.test('one question waits for the answer of the one before, and errors are their own', async (t) => {
  const ask = askInTurn();
  const said: string[] = [];
  const question = (name: string, ms: number) => async () => {
    said.push(`${name}?`);
    await sleep(ms);
    said.push(`${name}!`);
    return name;
  };
  const slow = ask(question('slow', 20));
  const failing = ask(() => Promise.reject(new Error('no disk')));
  const quick = ask(question('quick', 0));
  await t.rejects(failing, { message: 'no disk' });
  t.same([await slow, await quick], ['slow', 'quick']);
  t.same(said, ['slow?', 'slow!', 'quick?', 'quick!']);
});
