import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { chooseEncoder } from '../../operators/choose-encoder.js';
import { findFfmpeg } from '../../operators/find-ffmpeg.js';

t.test(
  'an encoder that failed of the moment is tried anew, one that works is not tried twice',
  { skip: process.platform === 'win32' && 'the fake is a shell script' },
  async (t) => {
    const folder = t.testdir({});
    const tool = await findFfmpeg();
    const path = join(folder, 'ffmpeg');
    const [broken, count] = [join(folder, 'broken'), join(folder, 'count')];
    writeFileSync(path, `#!/bin/sh\necho >> '${count}'\n[ -e '${broken}' ] && exit 1\nexec '${tool.path}' "$@"\n`);
    chmodSync(path, 0o755);
    writeFileSync(broken, '');
    await t.rejects(chooseEncoder({ ...tool, path }, 'mpeg4'), { code: 'ENCODER_UNAVAILABLE' });
    const { rmSync, readFileSync } = await import('node:fs');
    rmSync(broken);
    t.match(await chooseEncoder({ ...tool, path }, 'mpeg4'), { encoder: { name: 'mpeg4' } });
    const tries = readFileSync(count, 'utf8').length;
    await chooseEncoder({ ...tool, path }, 'mpeg4');
    t.equal(readFileSync(count, 'utf8').length, tries);
    t.notOk(existsSync(broken));
  },
);
