import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { makeFolder } from '../../operators/make-folder.js';

t.test('a folder and those above it are made, once or twice or by two at a time', async (t) => {
  const path = join(t.testdir({}), 'a', 'b', 'c');
  await Promise.all([makeFolder(path), makeFolder(path)]);
  await makeFolder(path);
  t.ok(statSync(path).isDirectory());
  await makeFolder('.');
});

t.test('a file in the way is said', async (t) => {
  const folder = t.testdir({});
  writeFileSync(join(folder, 'file'), '');
  await t.rejects(makeFolder(join(folder, 'file')), { code: 'ENOTDIR' });
  await t.rejects(makeFolder(join(folder, 'file', 'b')), { code: 'ENOTDIR' });
});

t.test('a folder in which nothing can be made ends it', { skip: process.platform !== 'linux' && 'needs /proc' }, (t) =>
  t.rejects(makeFolder('/proc/segnet-stream/b'), { code: 'ENOENT' }),
);
