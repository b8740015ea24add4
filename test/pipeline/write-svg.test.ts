import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { checkSvg, writeSvg } from '../../pipeline/write-svg.js';

t.test('a picture is written whole, into a folder that is made', async (t) => {
  const path = join(t.testdir({}), 'new', 'a.svg');
  await checkSvg('--picture', path);
  t.same(readdirSync(join(path, '..')), [], 'a check leaves nothing');
  await writeSvg(path, '<svg/>');
  t.equal(readFileSync(path, 'utf8'), '<svg/>');
  await checkSvg('--picture', path);
  t.equal(readFileSync(path, 'utf8'), '<svg/>', 'nor does it change what is there');
  t.same(readdirSync(join(path, '..')), ['a.svg']);
});

t.test('what cannot be written is told before the work', async (t) => {
  const folder = t.testdir({ file: '' });
  mkdirSync(join(folder, 'folder.svg'));
  for (const path of [join(folder, 'folder.svg'), join(folder, 'file', 'a.svg')]) {
    await t.rejects(checkSvg('--picture', path), { code: 'OUTPUT_UNWRITABLE' });
    await t.rejects(writeSvg(path, '<svg/>'), { code: 'OUTPUT_UNWRITABLE' });
  }
  await t.rejects(checkSvg('--picture', join(folder, 'a.png')), {
    code: 'OPTION_INVALID',
    message: /^Expected --picture to be the name of a \.svg file/,
  });
  t.same(readdirSync(folder).sort(), ['file', 'folder.svg']);
});
