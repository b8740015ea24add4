import { appendFileSync, existsSync, mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { RunInput } from '../../../pipeline/run/find-inputs.js';
import {
  checkReplaceable,
  forgetMissing,
  identify,
  isOutput,
  isOutputOrPart,
  noteOutputs,
  upToDate,
} from '../../../pipeline/run/output-note.js';

const video = (path: string): RunInput => ({ kind: 'video', path, stem: 'clip' });
const madeFrom = { input: { bytes: 3 }, weights: 'abc', options: { opacity: 0.5, ignoreClass: ['sky'] } };

t.test('an output is up to date only if input, weights and options are the ones that made it', async (t) => {
  const output = join(t.testdir({ 'out.mp4': 'video' }), 'out.mp4');
  t.equal(await upToDate([output], madeFrom), undefined, 'nothing is known of it');
  await noteOutputs([output], { madeFrom, of: '/in/clip.mp4', finished: true });
  t.same(await upToDate([output], structuredClone(madeFrom)), { notes: [] });
  t.equal(await upToDate([output], { ...madeFrom, weights: 'abd' }), undefined);
  t.equal(await upToDate([output], { ...madeFrom, input: { bytes: 4 } }), undefined);
  t.equal(await upToDate([output], { ...madeFrom, options: { ...madeFrom.options, opacity: 0.6 } }), undefined);
  rmSync(output);
  t.equal(await upToDate([output], madeFrom), undefined, 'it was removed');
});

t.test('work that was begun and not finished is done again', async (t) => {
  const output = join(t.testdir({ 'out.mp4': 'half' }), 'out.mp4');
  await noteOutputs([output], { madeFrom, of: '/in/clip.mp4', finished: false });
  t.equal(await upToDate([output], madeFrom), undefined);
  await checkReplaceable([output], '/in/clip.mp4', madeFrom.input);
  await checkReplaceable([output], '/in/other.mp4', { bytes: 4 });
  await noteOutputs([output], { madeFrom, of: '/in/clip.mp4', finished: true });
  await checkReplaceable([output], '/moved/clip.mp4', { bytes: 3 });
  await t.rejects(checkReplaceable([output], '/in/other.mp4', { bytes: 4 }), {
    code: 'OUTPUT_EXISTS',
    message: /out\.mp4 was made of another input, \/in\/clip\.mp4: .*--overwrite/,
  });
});

t.test('files of others are not replaced', async (t) => {
  const folder = t.testdir({ 'holiday.mp4': 'mine', masks: { 'x.png': '' }, empty: {} });
  await t.rejects(checkReplaceable([join(folder, 'holiday.mp4')], '/in/clip.mp4', madeFrom.input), {
    code: 'OUTPUT_EXISTS',
    message: /holiday\.mp4 .*--overwrite/,
  });
  await t.rejects(checkReplaceable([join(folder, 'masks')], '/in/clip.mp4', madeFrom.input), { code: 'OUTPUT_EXISTS' });
  await checkReplaceable([join(folder, 'empty'), join(folder, 'new.mp4')], '/in/clip.mp4', madeFrom.input);
});

t.test('an output that was edited since is not ours any more', async (t) => {
  const output = join(t.testdir({ 'out.mp4': 'video' }), 'out.mp4');
  await noteOutputs([output], { madeFrom, of: '/in/clip.mp4', finished: true });
  t.equal(await isOutput(output), true);
  appendFileSync(output, 'titles');
  t.equal(await isOutput(output), false);
  await t.rejects(checkReplaceable([output], '/in/clip.mp4', madeFrom.input), { code: 'OUTPUT_EXISTS' });
});

t.test('a folder of masks is known by its note and its masks', async (t) => {
  const [first, second, third] = [0, 1, 2].map((index) => `00000${index}-0.0${index}0000.png`) as [
    string,
    string,
    string,
  ];
  const masks = join(t.testdir({ masks: { [first]: '', [second]: '' } }), 'masks');
  const replaceable = () => checkReplaceable([masks], '/in/clip.mp4', madeFrom.input);
  await noteOutputs([masks], { madeFrom, of: '/in/clip.mp4', finished: true });
  t.same(await upToDate([masks], madeFrom), { notes: [] });
  for (const name of ['Thumbs.db', 'desktop.ini', 'notes.txt']) writeFileSync(join(masks, name), '');
  t.same(await upToDate([masks], madeFrom), { notes: [] }, 'other files do not count');
  rmSync(join(masks, second));
  t.equal(await upToDate([masks], madeFrom), undefined);
  await replaceable();
  const later = new Date(Date.now() + 10_000);
  utimesSync(join(masks, first), later, later);
  await t.rejects(replaceable(), { code: 'OUTPUT_EXISTS' }, 'one was changed since');
  utimesSync(join(masks, first), 0, 0);
  await replaceable();
  for (const name of [second, third]) writeFileSync(join(masks, name), '');
  await t.rejects(replaceable(), { code: 'OUTPUT_EXISTS' }, 'one was added');
});

t.test('a note of nothing is taken back, and its folder with it', async (t) => {
  const folder = t.testdir({});
  await noteOutputs([join(folder, 'out.mp4')], { madeFrom, of: '/in/clip.mp4', finished: false });
  await forgetMissing([join(folder, 'out.mp4')]);
  t.notOk(existsSync(join(folder, '.segnet-stream')));
  await noteOutputs([join(folder, 'out.mp4')], { madeFrom, of: '/in/clip.mp4', finished: false });
  writeFileSync(join(folder, 'out.part.mp4'), 'a part that is kept');
  await forgetMissing([join(folder, 'out.mp4')]);
  t.equal(await isOutputOrPart(join(folder, 'out.part.mp4')), true, 'it is no input of the next run');
  await forgetMissing([join(folder, 'out.mp4')], { isAbandoned: true });
  t.equal(await isOutputOrPart(join(folder, 'out.part.mp4')), false);
});

t.test('an empty folder goes only where this run has made it', async (t) => {
  const folder = t.testdir({ made: {}, theirs: {} });
  const [made, theirs] = [join(folder, 'made'), join(folder, 'theirs')];
  await noteOutputs([made, theirs], { madeFrom, of: '/in/clip.mp4', finished: false });
  await forgetMissing([made, theirs], { made: [made] });
  t.same([existsSync(made), existsSync(theirs)], [false, true]);
});

t.test('a note that is not whole counts for nothing', async (t) => {
  const folder = t.testdir({ 'out.mp4': 'video' });
  mkdirSync(join(folder, '.segnet-stream'));
  writeFileSync(join(folder, '.segnet-stream', 'out.mp4.json'), '{"format": 1, "madeFr');
  t.equal(await isOutput(join(folder, 'out.mp4')), false);
});

t.test('a folder that cannot be written is one clear failure', async (t) => {
  const folder = t.testdir({ file: '' });
  await t.rejects(noteOutputs([join(folder, 'file', 'out.mp4')], { madeFrom, of: '/in/clip.mp4', finished: false }), {
    code: 'OUTPUT_UNWRITABLE',
    message: /^Could not write .*out\.mp4/,
  });
});

t.test('an input is another one after its bytes, its length or its time has changed', async (t) => {
  const path = join(t.testdir({ 'clip.mp4': 'a'.repeat(100) }), 'clip.mp4');
  utimesSync(path, 1000, 1000);
  const before = await identify(video(path));
  t.same(await identify(video(path)), before);
  writeFileSync(path, 'b'.repeat(100));
  utimesSync(path, 1000, 1000);
  t.notSame(await identify(video(path)), before, 'other bytes, same size and time');
  writeFileSync(path, 'a'.repeat(100));
  utimesSync(path, 2000, 2000);
  t.notSame(await identify(video(path)), before, 'another time');
  writeFileSync(path, '');
  t.match(await identify(video(path)), { bytes: 0 });
});

t.test('a sequence is known by its files, standard input not at all', async (t) => {
  const folder = t.testdir({ '1.png': 'a', '2.png': 'b' });
  const sequence = (names: string[]): RunInput => ({
    kind: 'sequence',
    path: join(folder, '%d.png'),
    stem: 'x',
    files: names.map((name) => join(folder, name)),
  });
  t.notSame(await identify(sequence(['1.png', '2.png'])), await identify(sequence(['1.png'])));
  t.equal(await identify({ kind: 'stdin', path: '-', stem: 'stdin' }), undefined);
});

t.test('a name that is not UTF-8 is told as the reason why its file cannot be found', async (t) => {
  const path = join(t.testdir({}), 'latin\uFFFD.mp4');
  await t.rejects(identify(video(path)), { code: 'INPUT_UNREADABLE', message: /not UTF-8: give it another/ });
});
