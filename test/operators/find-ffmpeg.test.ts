import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import t from 'tap';
import { findFfmpeg, isAtLeast, passthroughOption } from '../../operators/find-ffmpeg.js';

const folder = mkdtempSync(join(tmpdir(), 'find-ffmpeg-'));
const before = { ...process.env };
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
t.afterEach(() => {
  process.env.PATH = before.PATH;
  delete process.env.FFMPEG_PATH;
  if (before.FFMPEG_PATH) process.env.FFMPEG_PATH = before.FFMPEG_PATH;
});

/** A program that answers -version as an ffmpeg of that version would: the one thing that is asked here. */
function fake(name: string, version: string, codec: string): string {
  const path = join(folder, name, 'ffmpeg');
  mkdirSync(join(folder, name), { recursive: true });
  const answer = `ffmpeg version ${version} Copyright (c) the FFmpeg developers\nlibavcodec     ${codec} / ${codec}`;
  writeFileSync(path, `#!/bin/sh\ncat <<'END'\n${answer}\nEND\n`);
  chmodSync(path, 0o755);
  return path;
}

const onWindows = process.platform === 'win32' ? 'fakes are shell scripts' : false;

t.test('FFMPEG_PATH comes first', { skip: onWindows }, async (t) => {
  process.env.FFMPEG_PATH = fake('wanted', 'n9.0.2-17-g2a571b6068', '63.  1.102');
  t.match(await findFfmpeg(), {
    path: process.env.FFMPEG_PATH,
    version: 'n9.0.2-17-g2a571b6068',
    codecVersion: [63, 1],
    origin: 'environment',
  });
});

t.test('a FFMPEG_PATH that does not run is an error that names it, not a reason to take another', async (t) => {
  process.env.FFMPEG_PATH = join(folder, 'nothing-here');
  await t.rejects(findFfmpeg(), {
    code: 'FFMPEG_MISSING',
    message: /FFMPEG_PATH is set to .*nothing-here.*no such file/,
  });
});

t.test('something else that answers -version is not taken for ffmpeg', { skip: onWindows }, async (t) => {
  const path = fake('other', '1', '1. 1.1');
  writeFileSync(path, '#!/bin/sh\necho I am no ffmpeg\n');
  process.env.FFMPEG_PATH = path;
  await t.rejects(findFfmpeg(), { code: 'FFMPEG_MISSING', message: /not as ffmpeg does/ });
});

t.test('the first on PATH that runs is taken', { skip: onWindows }, async (t) => {
  delete process.env.FFMPEG_PATH;
  const broken = join(folder, 'broken');
  mkdirSync(broken, { recursive: true });
  writeFileSync(join(broken, 'ffmpeg'), '#!/bin/sh\nexit 3\n');
  chmodSync(join(broken, 'ffmpeg'), 0o755);
  const works = fake('works', '6.1', '60. 31.102');
  process.env.PATH = [broken, join(works, '..'), '/bin'].join(delimiter);
  process.env.PATH += `${delimiter}/usr/bin`;
  t.match(await findFfmpeg(), { path: works, origin: 'path' });
});

t.test('an ffmpeg that is too old is refused, with the way to a newer one', { skip: onWindows }, async (t) => {
  process.env.FFMPEG_PATH = fake('old', '3.4.8', '57.107.100');
  await t.rejects(findFfmpeg(), {
    code: 'FFMPEG_TOO_OLD',
    message: /3\.4\.8; 4\.0 or newer is needed\. Install ffmpeg/,
  });
});

t.test('without ffmpeg on PATH the packaged one is taken, with a word', async (t) => {
  delete process.env.FFMPEG_PATH;
  process.env.PATH = join(folder, 'an-empty-path');
  const tool = await findFfmpeg().catch((error: unknown) => error);
  if (tool instanceof Error) {
    t.match(tool, { code: 'FFMPEG_MISSING', message: /neither on PATH nor in node_modules.*Install ffmpeg/ });
    t.comment('the optional package is not installed here');
    return;
  }
  t.match(tool, { origin: 'package', warning: /no ffmpeg was found on PATH: using the one packaged with npm/ });
});

t.test('the option that keeps every frame follows the version', async (t) => {
  const tool = { path: '', version: '', origin: 'path' } as const;
  t.same(passthroughOption({ ...tool, codecVersion: [58, 42] }), ['-vsync', '0']);
  t.same(passthroughOption({ ...tool, codecVersion: [59, 18] }), ['-vsync', '0']);
  t.same(passthroughOption({ ...tool, codecVersion: [59, 37] }), ['-fps_mode', 'passthrough']);
  t.same(passthroughOption({ ...tool, codecVersion: [63, 1] }), ['-fps_mode', 'passthrough']);
  t.equal(isAtLeast({ ...tool, codecVersion: [60, 0] }, [59, 37]), true);
});
