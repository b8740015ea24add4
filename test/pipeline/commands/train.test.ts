import { join } from 'node:path';
import t from 'tap';
import { writeSyntheticDataset } from '../../../fixtures/write-synthetic-dataset.js';
import { createTrainCommand } from '../../../pipeline/commands/train.js';
import { withoutTensorflow } from '../../model/training/tensorflow-or-skip.js';

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

t.test(
  'a folder that cannot be made is said before training',
  { skip: withoutTensorflow || (process.platform !== 'linux' && 'needs /proc') },
  async (t) => {
    const data = join(t.testdir({}), 'scenes');
    await writeSyntheticDataset({ out: data, count: 2, seed: 1, width: 64, height: 48 });
    const command = createTrainCommand();
    await t.rejects(command.parseAsync(['node', 'train', '--data', data, '--out', '/proc/segnet-stream/runs']), {
      code: 'OUTPUT_UNWRITABLE',
    });
  },
);
