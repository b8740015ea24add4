import t from 'tap';
import { startLineProcess } from '../../../../pipeline/benchmark/process/line-process.js';

const node = (script: string) => ({ file: process.execPath, args: ['-e', script] });
const echo = `require('readline').createInterface({ input: process.stdin }).on('line', (line) => {
  console.log('chatter of a library');
  const { ask } = JSON.parse(line);
  if (ask === 'die') { console.error('out of memory'); process.exit(3); }
  console.log(JSON.stringify(ask === 'refuse' ? { error: { code: 'NO', message: 'not here' } } : { echo: ask }));
});`;

t.test('questions are answered in order, and what else a program prints is no answer', async (t) => {
  const program = startLineProcess('echo', node(echo));
  t.teardown(() => program.close());
  const answers = await Promise.all(['a', 'b', 'c'].map((ask) => program.ask({ ask })));
  t.same(answers, [{ echo: 'a' }, { echo: 'b' }, { echo: 'c' }]);
  await t.rejects(program.ask({ ask: 'refuse' }), { code: 'NO', message: 'not here' });
  t.same(await program.ask({ ask: 'd' }), { echo: 'd' }, 'a refusal is not the end');
});

t.test('a program that dies is told of with its last words, to those who wait and who come later', async (t) => {
  const program = startLineProcess('echo', node(echo));
  const dead = { code: 'PROGRAM_DIED', message: /^echo ended with exit status 3 .*: out of memory$/ };
  const waiting = [program.ask({ ask: 'die' }), program.ask({ ask: 'a' })].map((one) => t.rejects(one, dead));
  await Promise.all(waiting);
  await t.rejects(program.ask({ ask: 'b' }), dead);
});

t.test('a program that is not there is told of', async (t) => {
  const program = startLineProcess('ghost', { file: '/nowhere/ghost', args: [] });
  await t.rejects(program.ask({ ask: 'a' }), { code: 'PROGRAM_DIED', message: /ghost could not be started/ });
  await program.close();
});

t.test('closing ends a program that is busy, twice over', async (t) => {
  const program = startLineProcess('busy', node('for (;;);'));
  const asked = t.rejects(program.ask({ ask: 'a' }), { code: 'PROGRAM_DIED' });
  await Promise.all([program.close(), program.close()]);
  await asked;
  t.throws(() => process.kill(program.pid, 0), { code: 'ESRCH' });
});
