import { existsSync } from 'node:fs';
import t from 'tap';
import { typedArguments } from '../../../pipeline/commands/typed-arguments.js';

const ours = { npm_package_name: 'segnet-stream' };

t.test('npm start alone segments the sample clip, in the folder in which it was typed', async (t) => {
  const { args, folder } = typedArguments([], { ...ours, npm_lifecycle_event: 'start', INIT_CWD: '/home/me' });
  t.equal(args[0], 'run');
  t.equal(args.length, 2);
  t.ok(existsSync(args[1]!), 'the clip is there');
  t.equal(folder, '/home/me');
});

t.test('npm start -- is the command line', async (t) => {
  const typed = typedArguments(['describe', '--json'], { ...ours, npm_lifecycle_event: 'start', INIT_CWD: '/home/me' });
  t.same(typed, { args: ['describe', '--json'], folder: '/home/me' });
});

t.test('without npm start what was typed is all there is, even inside another script', async (t) => {
  t.same(typedArguments([], {}), { args: [] });
  t.same(typedArguments(['run', 'x'], { ...ours, npm_lifecycle_event: 'test', INIT_CWD: '/home/me' }), {
    args: ['run', 'x'],
  });
});

t.test("another package's npm start that calls us is no affair of ours", async (t) => {
  const environment = { npm_package_name: 'theirs', npm_lifecycle_event: 'start', INIT_CWD: '/home/me' };
  t.same(typedArguments(['doctor'], environment), { args: ['doctor'] });
});
