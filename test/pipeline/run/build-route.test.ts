import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { lastValueFrom } from 'rxjs';
import t from 'tap';
import { abandonedAreGone } from '../../../operators/abandoned.js';
import { findFfmpeg } from '../../../operators/find-ffmpeg.js';
import { buildRoute } from '../../../pipeline/run/build-route.js';
import type { RunInput } from '../../../pipeline/run/find-inputs.js';
import type { OutputPaths } from '../../../pipeline/run/name-outputs.js';
import { checkRunOptions, type RunOptions } from '../../../pipeline/run/run-options.js';
import { createFakeEngine } from '../../operators/fake-engine.js';
import { testClip } from '../../operators/test-clip.js';
import { watchFile } from './watch-file.js';

const clip = await testClip('plain');

function route(input: Pick<RunInput, 'kind' | 'path'>, outputs: OutputPaths, options: Partial<RunOptions> = {}) {
  const checked = checkRunOptions({ inputs: input.path, ...options });
  return lastValueFrom(buildRoute({ input: { ...input, stem: 'a' }, outputs }, createFakeEngine(), checked));
}

t.test('a picture that cannot be written leaves the mask video, whole or as a part', async (t) => {
  const place = t.testdir({});
  const path = join(place, 'in.png');
  execFileSync((await findFfmpeg()).path, ['-v', 'error', '-i', clip, '-frames:v', '1', path]);
  // With the overlay's thread at work already, the picture fails before the video is finished.
  await route({ kind: 'image', path }, { output: join(place, 'out.png') });
  const outputs = { output: join(place, 'none', 'out.png'), maskVideo: join(place, 'masks.mkv') };
  await t.rejects(route({ kind: 'image', path }, outputs), { code: 'OUTPUT_UNWRITABLE' });
  await abandonedAreGone();
  const left = ['masks.mkv', 'masks.part.mkv'].map((name) => join(place, name)).find(existsSync);
  if (left === undefined) return t.fail('nothing is left');
  t.match(await watchFile(left), { frames: 1, complaints: '' });
});

t.test('an overlay that fails leaves the mask video so far', async (t) => {
  const place = t.testdir({});
  const outputs = { output: join(place, 'out.mp4'), maskVideo: join(place, 'masks.mkv') };
  // The run itself refuses such a name before it begins.
  const failed = route({ kind: 'video', path: clip }, outputs, { ignoreClass: ['unicorn'] });
  await t.rejects(failed, { code: 'OPTION_INVALID', message: /unicorn/ });
  await abandonedAreGone();
  const { frames, complaints } = await watchFile(join(place, 'masks.part.mkv'));
  t.ok(frames > 0, `${frames} frames`);
  t.equal(complaints, '');
});
