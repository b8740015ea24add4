import { realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import t from 'tap';
import { flagOf } from '../../../pipeline/options/flag.js';
import type { RunInput } from '../../../pipeline/run/find-inputs.js';
import { distinctStems, nameOutputs } from '../../../pipeline/run/name-outputs.js';

const video = (path: string, stem: string): RunInput => ({ kind: 'video', path, stem });
const clip = video('/in/clip.mp4', 'clip');
const base = { visualize: 'overlay', nameOf: flagOf } as const;
const name = (inputs: readonly RunInput[], many: boolean, request: object) =>
  nameOutputs({ inputs, many }, { ...base, ...request });

t.test('one input goes to the file that is named, or into the folder, or into the working folder', async (t) => {
  const folder = t.testdir({ 'v1.5': {} });
  t.same(name([clip], false, { output: '/out/x.mkv' }), [{ output: '/out/x.mkv' }]);
  t.same(name([clip], false, { output: '/out' }), [{ output: '/out/clip-overlay.mp4' }]);
  t.same(name([clip], false, { output: '/out/day.1/' }), [{ output: '/out/day.1/clip-overlay.mp4' }]);
  t.same(name([clip], false, { output: join(folder, 'v1.5') }), [{ output: join(folder, 'v1.5', 'clip-overlay.mp4') }]);
  t.same(name([clip], false, {}), [{ output: resolve('clip-overlay.mp4') }]);
  t.same(name([clip], false, { visualize: 'side-by-side' }), [{ output: resolve('clip-side-by-side.mp4') }]);
  t.same(name([clip], false, { visualize: 'overlay,mask' }), [{ output: resolve('clip-overlay-mask.mp4') }]);
});

t.test('a picture gives a picture', async (t) => {
  const photo: RunInput = { kind: 'image', path: '/in/photo.jpg', stem: 'photo' };
  t.same(name([photo], false, { output: '/out' }), [{ output: '/out/photo-overlay.jpg' }]);
  t.same(name([{ ...photo, path: '/in/photo.tif' }], false, { output: '/out' }), [
    { output: '/out/photo-overlay.png' },
  ]);
  t.throws(() => name([photo], false, { output: '/out/photo.mp4' }), {
    code: 'OPTION_INVALID',
    message: /^Expected --output to be a folder or a \.png, \.jpg/,
  });
});

t.test('masks, mask videos and records go where they are asked to', async (t) => {
  const asked = { visualize: 'none', masks: '/m', maskVideo: '/v/classes.mkv', frames: '/f.jsonl' };
  t.same(name([clip], false, asked), [{ masks: '/m', maskVideo: '/v/classes.mkv', frames: '/f.jsonl' }]);
  const several = { visualize: 'none', masks: '/m', maskVideo: '/v', frames: '/f' };
  t.same(name([clip], true, several), [
    { masks: '/m/clip', maskVideo: '/v/clip-classes.mkv', frames: '/f/clip.jsonl' },
  ]);
});

t.test('the mask of a picture is a file of its name', async (t) => {
  const photo: RunInput = { kind: 'image', path: '/in/photo.jpg', stem: 'photo' };
  const asked = (masks: string) => ({ visualize: 'none', masks });
  t.same(name([photo], false, asked('/m')), [{ masks: '/m/photo.png' }]);
  t.same(name([photo], false, asked('/m/own.png')), [{ masks: '/m/own.png' }]);
  t.same(name([photo, clip], true, asked('/m')), [{ masks: '/m/photo.png' }, { masks: '/m/clip' }]);
});

t.test('standard output is no place for outputs', async (t) => {
  for (const option of ['output', 'masks', 'maskVideo', 'frames']) {
    t.throws(() => name([clip], false, { [option]: '-' }), { code: 'OPTION_INVALID', message: /standard output/ });
  }
});

t.test('several inputs want a folder', async (t) => {
  t.throws(() => name([clip], true, { output: 'out.mp4' }), {
    code: 'OPTION_INVALID',
    message: 'Expected --output to be a folder for several inputs, got `out.mp4`',
  });
  t.throws(() => name([clip], true, { frames: 'all.jsonl' }), { code: 'OPTION_INVALID', message: /--frames/ });
  t.same(name([clip], true, { output: '/runs/2026.11' }), [{ output: '/runs/2026.11/clip-overlay.mp4' }]);
});

t.test(
  'an input that an output would be called while it is written is not replaced, and no name is given twice',
  async (t) => {
    for (const source of ['/in/clip.part.mp4', '/in/clip.part.whole.mp4']) {
      t.throws(() => name([video(source, 'clip.part')], false, { output: '/in/clip.mp4' }), {
        code: 'OUTPUT_IS_INPUT',
        message: `The output /in/clip.mp4 would replace an input of that name while it is written, as ${source}`,
      });
    }
    t.throws(() => name([clip], false, { output: '/x.mkv', maskVideo: '/x.mkv' }), {
      code: 'OPTION_INVALID',
      message: /a name of its own, got \/x\.mkv for two/,
    });
  },
);

t.test('a format that cannot be written safely is refused, and so is an output on top of an input', async (t) => {
  t.throws(() => name([clip], false, { output: 'out.avi' }), {
    code: 'OPTION_INVALID',
    message: /a folder or a \.mp4, \.m4v, \.mov or \.mkv file, got `out\.avi`/,
  });
  t.throws(() => name([clip], false, { output: '/in/clip.mp4' }), {
    code: 'OUTPUT_IS_INPUT',
    message: /\/in\/clip\.mp4/,
  });
});

t.test('an input is not replaced by an output that reaches it through a link', async (t) => {
  const folder = realpathSync(
    t.testdir({ real: { 'x.part.mp4': '', 'photo.png': '' }, link: t.fixture('symlink', 'real') }),
  );
  const [real, link] = [join(folder, 'real'), join(folder, 'link')];
  const photo = { ...video(join(link, 'photo.png'), 'photo'), kind: 'image' as const };
  for (const [input, output] of [
    [video(join(link, 'x.part.mp4'), 'x.part'), join(real, 'x.mp4')],
    [video(join(real, 'x.part.mp4'), 'x.part'), join(link, 'x.mp4')],
    [photo, join(real, 'photo.png')],
  ] as const) {
    t.throws(() => name([input], false, { output }), { code: 'OUTPUT_IS_INPUT' }, output);
  }
  t.same(name([photo], false, { output: join(real, 'new.png') }), [{ output: join(real, 'new.png') }]);
});

t.test('equal names never collide', async (t) => {
  t.same(distinctStems([video('/a/x.mp4', 'x'), video('/b/x.mp4', 'x'), video('/b/y.mp4', 'y')]), ['a/x', 'b/x', 'y']);
  t.same(distinctStems([video('/a/x.mp4', 'x'), video('/a/x.mov', 'x')]), ['x.mp4', 'x.mov']);
  t.same(distinctStems([video('/1/a/x.mp4', 'x'), video('/2/a/x.mp4', 'x')]), ['1/a/x', '2/a/x']);
  t.same(distinctStems([video('/1/a/x.mp4', 'a/x'), video('/2/a/x.mp4', 'a/x')]), ['1/a/x', '2/a/x']);
  t.same(distinctStems([video('/x.mp4', 'x'), video('/b/x.mp4', 'x')]), ['x', 'b/x']);
  const cases = [video('/a/x.mp4', 'x'), video('/a/X.mp4', 'X')];
  t.same(distinctStems(cases), ['x.mp4-2', 'X.mp4-1'], 'for file systems that do not tell cases apart');
  t.same(distinctStems([video('/a/0.mp4', '0'), ...cases]), ['0', 'x.mp4-2', 'X.mp4-1'], 'whatever else is there');
});
