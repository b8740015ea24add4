import { existsSync } from 'node:fs';
import t from 'tap';
import { TENSORFLOW_SETUP } from '../../../model/training/tensorflow.js';
import { packagedFile } from '../../../pipeline/options/package-root.js';

t.test('what sets TensorFlow up is named for a clone and for a project that installed the package', async (t) => {
  t.match(TENSORFLOW_SETUP, 'npm run setup:tensorflow');
  const [, script] = /node_modules\/segnet-stream\/dist\/([\w/-]+)\.js/.exec(TENSORFLOW_SETUP) ?? [];
  t.ok(existsSync(packagedFile(`${script}.ts`)), 'by a script that there is');
});
