import { chmodSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { findInputs } from '../../../pipeline/run/find-inputs.js';
import { isOutputOrPart } from '../../../pipeline/run/output-note.js';

const stemsOf = async (args: string[], recursive = false) =>
  (await findInputs(args, { recursive })).inputs.map(({ stem }) => stem);

t.test('a file is taken whatever it is called', async (t) => {
  const folder = t.testdir({ 'clip.xyz': '', 'photo.JPG': '' });
  const { inputs, many } = await findInputs([join(folder, 'clip.xyz')], { recursive: false });
  t.same(inputs, [{ kind: 'video', path: join(folder, 'clip.xyz'), stem: 'clip' }]);
  t.equal(many, false);
  t.match((await findInputs([join(folder, 'photo.JPG')], { recursive: false })).inputs, [
    { kind: 'image', stem: 'photo' },
  ]);
});

t.test('a folder gives its videos and pictures in natural order, its folders only if asked', async (t) => {
  const folder = t.testdir({
    'clip10.mp4': '',
    'clip2.MP4': '',
    'a.png': '',
    'notes.txt': '',
    '.hidden.mp4': '',
    sub: { 'c.mkv': '' },
    '.trash': { 'd.mp4': '' },
  });
  t.same(await stemsOf([folder]), ['a', 'clip2', 'clip10']);
  t.same(await stemsOf([folder], true), ['a', 'clip2', 'clip10', 'sub/c']);
  const { many, passedOver, unknown } = await findInputs([folder], { recursive: false });
  t.same([many, passedOver, unknown], [true, [join(folder, 'sub')], [join(folder, 'notes.txt')]]);
  t.same((await findInputs([folder], { recursive: true })).passedOver, []);
});

t.test('what earlier runs wrote is no input, unless it is the one that is named', async (t) => {
  const folder = t.testdir({ 'clip.mp4': '', 'clip-overlay.mp4': '' });
  const [clip, overlay] = [join(folder, 'clip.mp4'), join(folder, 'clip-overlay.mp4')];
  const isOutput = async (path: string) => path === overlay;
  for (const args of [[folder], [join(folder, '*.mp4')], [clip, overlay]]) {
    const { inputs, leftOut } = await findInputs(args, { recursive: false, isOutput });
    t.same([inputs.map(({ path }) => path), leftOut], [[clip], [overlay]]);
  }
  t.equal((await findInputs([overlay], { recursive: false, isOutput })).inputs.length, 1);
});

t.test('globs are expanded here, for shells that do not; a name with brackets that exists is a file', async (t) => {
  const folder = t.testdir({ 'one.mp4': '', 'two.mp4': '', 'x.txt': '', '[3].mp4': '' });
  t.same(await stemsOf([join(folder, 't*.mp4')]), ['two']);
  t.same(await stemsOf([join(folder, '{one,two}.mp4')]), ['one', 'two']);
  t.same(await stemsOf([join(folder, '[3].mp4')]), ['[3]']);
});

t.test('a file that is named twice is taken once', async (t) => {
  const folder = t.testdir({ 'clip.mp4': '' });
  t.same(await stemsOf([folder, join(folder, 'clip.mp4'), join(folder, '*.mp4')]), ['clip']);
});

t.test('numbered pictures are one input, from the first number to the first gap', async (t) => {
  const folder = t.testdir({
    'f_0007.png': '',
    'f_0008.png': '',
    'f_0009.png': '',
    'f_0011.png': '',
    'f_x.png': '',
    'f_00012.png': '',
  });
  const { inputs, many } = await findInputs([join(folder, 'f_%04d.png')], { recursive: false });
  t.equal(many, false);
  t.match(inputs, [{ kind: 'sequence', path: join(folder, 'f_%04d.png'), stem: 'f' }]);
  t.match(inputs[0]?.note, /gap behind f_0009\.png: 1 more/);
  t.same(
    inputs[0]?.files,
    [7, 8, 9].map((number) => join(folder, `f_000${number}.png`)),
  );
  const plain = t.testdir({ '9.png': '', '10.png': '', '011.png': '' });
  const [input] = (await findInputs([join(plain, '%d.png')], { recursive: false })).inputs;
  t.same(input?.files, [join(plain, '9.png'), join(plain, '10.png')], '%d has no leading zeros');
});

t.test('what cannot be found comes back with a failure, and the rest with it', async (t) => {
  const folder = t.testdir({ 'clip.mp4': '', empty: {}, 'only.txt': '' });
  const missing = [
    join(folder, 'no.mp4'),
    join(folder, 'empty'),
    join(folder, 'x*.mp4'),
    join(folder, 'y_%03d.png'),
    'rtsp://user:secret@camera/stream',
  ];
  const { inputs } = await findInputs([...missing, join(folder, 'clip.mp4')], { recursive: false });
  t.match(
    inputs.map(({ failure }) => failure?.code),
    ['INPUT_MISSING', 'INPUT_MISSING', 'INPUT_MISSING', 'INPUT_MISSING', 'INPUT_INVALID', undefined],
  );
  t.match(inputs[1]?.failure?.message, /found none \(--recursive looks/);
  t.match(inputs[4]?.failure?.message, /serve/);
  t.notMatch(JSON.stringify(inputs), /secret/, 'a password is not repeated');
});

t.test('standard input is an input', async (t) => {
  t.match(await findInputs(['-'], { recursive: false }), {
    inputs: [{ kind: 'stdin', path: '-', stem: 'stdin' }],
    many: false,
  });
});

t.test(
  'a folder that may not be read is an input that fails, not one that is passed over',
  { skip: process.getuid?.() === 0 && 'root may read anything' },
  async (t) => {
    const folder = t.testdir({ 'a.mp4': '', locked: { 'b.mp4': '' } });
    chmodSync(join(folder, 'locked'), 0);
    t.teardown(() => chmodSync(join(folder, 'locked'), 0o700));
    const { inputs } = await findInputs([folder], { recursive: true, isOutput: isOutputOrPart });
    t.match(inputs, [
      { stem: 'a' },
      { failure: { code: 'INPUT_UNREADABLE', message: /locked cannot be read \(EACCES\)/ } },
    ]);
    const named = await findInputs([join(folder, 'locked', 'b.mp4')], { recursive: false });
    t.match(named.inputs, [{ failure: { code: 'INPUT_UNREADABLE' } }]);
  },
);

t.test('links to files and folders are followed, and no folder is looked into twice', async (t) => {
  const place = t.testdir({ in: { 'a.mp4': '', sub: { 'b.mp4': '' } }, other: { 'e.mp4': '' } });
  const folder = join(place, 'in');
  symlinkSync(folder, join(folder, 'sub', 'up'));
  symlinkSync(join(folder, 'a.mp4'), join(folder, 'sub', 'c.mp4'));
  symlinkSync(join(folder, 'gone.mp4'), join(folder, 'sub', 'd.mp4'));
  symlinkSync(join(place, 'other'), join(folder, 'linked'));
  symlinkSync(join(folder, 'sub'), join(folder, 'again'));
  t.same(await stemsOf([folder], true), ['a', 'linked/e', 'sub/b', 'sub/c']);
});
