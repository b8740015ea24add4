import t from 'tap';
import { createTrainCommand } from '../../../pipeline/commands/train.js';

const common = ['--data', 'nowhere', '--out', 'nowhere'];

t.test('options of train are checked before anything is read, and named in the error', async (t) => {
  const wrong: readonly (readonly [string, string, RegExp])[] = [
    ['--scales', '0.5', /--scales.*0\.5,1.*got 0\.5/],
    ['--scales', '1,0.5', /--scales/],
    ['--scales', 'a,b', /--scales/],
    ['--scales', ',1', /--scales/],
    ['--input-size', '10', /--input-size/],
    ['--crop', 'big', /--crop/],
    ['--epochs', '0', /--epochs/],
    ['--learning-rate', 'fast', /--learning-rate/],
    ['--recipe', 'magic', /--recipe.*compact/],
    ['--network', 'lenet', /--network/],
    ['--balancing', 'none', /--balancing/],
  ];
  for (const [flag, value, message] of wrong) {
    const command = createTrainCommand();
    await t.rejects(
      command.parseAsync(['node', 'train', ...common, flag, value]),
      { code: 'OPTION_INVALID', message },
      `${flag} ${value}`,
    );
  }
});
