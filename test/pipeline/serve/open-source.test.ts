import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { firstValueFrom, Observable, throwError } from 'rxjs';
import t from 'tap';
import { Failure } from '../../../model/failure.js';
import type { FfmpegTool } from '../../../operators/find-ffmpeg.js';
import { parseSources } from '../../../pipeline/serve/live-source.js';
import { openSource } from '../../../pipeline/serve/open-source.js';
import { SERVE_DEFAULTS } from '../../../pipeline/serve/serve-options.js';

const tool: FfmpegTool = { path: 'ffmpeg', version: '5.1', codecVersion: [59, 37], origin: 'path' };
const [camera] = parseSources(['rtsp://me:s3cret@camera/live']);
const folder = t.testdir({});
const before = process.env.TMPDIR;
process.env.TMPDIR = folder;
t.teardown(() => {
  if (before === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = before;
});

t.test('a password reaches ffmpeg in a file for its user alone, which goes with the first frame', async (t) => {
  // Of a server that was killed, and of one that runs.
  const { pid: dead } = spawnSync(process.execPath, ['-e', '']);
  const [orphan, other] = [`segnet-stream-source-${dead}-x`, `segnet-stream-source-${process.ppid}-x`];
  for (const name of [orphan, other]) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, 'source.ffconcat'), 'secret');
  }
  const seen = await firstValueFrom(
    openSource(
      camera!,
      tool,
      SERVE_DEFAULTS,
      (input, options) =>
        new Observable<{ text: string; mode: number; options: string }>((subscriber) => {
          const { mode } = statSync(input);
          subscriber.next({ text: readFileSync(input, 'utf8'), mode: mode & 0o777, options: options.join(' ') });
        }),
    ),
  );
  t.match(seen.text, /file 'rtsp:\/\/me:s3cret@camera\/live'/);
  if (process.platform !== 'win32') t.equal(seen.mode, 0o600);
  t.notMatch(seen.options, 's3cret');
  t.match(seen.text, /option fpsprobesize '0'/, 'not only for the playlist');
  t.match(seen.options, '-fpsprobesize 0');
  while (readdirSync(folder).length > 1) await new Promise((resolve) => setTimeout(resolve, 5));
  t.same(readdirSync(folder), [other], 'that of a living server stays, the other is gone');
  t.notOk(existsSync(join(folder, orphan)));
});

t.test('an error names the source, and leaves no file', async (t) => {
  const failing = openSource(camera!, tool, SERVE_DEFAULTS, (input) =>
    throwError(() => new Failure('INPUT_UNREACHABLE', `Input ${input} cannot be reached`)),
  );
  await t.rejects(firstValueFrom(failing), { message: 'Input rtsp://***@camera/live cannot be reached' });
  while (readdirSync(folder).length > 1) await new Promise((resolve) => setTimeout(resolve, 5));
});
