import { existsSync } from 'node:fs';
import t from 'tap';
import { typedArguments } from '../../../pipeline/commands/typed-arguments.js';

t.test('npm start alone segments the sample clip, in the folder in which it was typed', async (t) => {
  const { args, folder } = typedArguments([], { npm_lifecycle_event: 'start', INIT_CWD: '/home/me' });
  t.equal(args[0], 'run');
  t.equal(args.length, 2);
  t.ok(existsSync(args[1]!), 'the clip is there');
  t.equal(folder, '/home/me');
});

t.test('npm start -- is the command line', async (t) => {
  const typed = typedArguments(['describe', '--json'], { npm_lifecycle_event: 'start', INIT_CWD: '/home/me' });
  t.same(typed, { args: ['describe', '--json'], folder: '/home/me' });
});

t.test('without npm start what was typed is all there is, even inside another script', async (t) => {
  t.same(typedArguments([], {}), { args: [] });
  t.same(typedArguments(['run', 'x'], { npm_lifecycle_event: 'test', INIT_CWD: '/home/me' }), { args: ['run', 'x'] });
});
