import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { nextRecording, placesOf, recordingPaths } from '../../../pipeline/serve/next-recording.js';

t.test('each of several sources has a file of its own, whatever it is called', async (t) => {
  t.same([...recordingPaths('/a/drive.mp4', ['front'])], [['front', '/a/drive.mp4']]);
  t.same(
    [...recordingPaths('/a/drive.mkv', ['front cam/2', 'größe'])],
    [
      ['front cam/2', '/a/drive-front-cam-2.mkv'],
      ['größe', '/a/drive-größe.mkv'],
    ],
  );
  t.throws(() => recordingPaths('drive.mp4', ['a b', 'c', 'a-b']), {
    code: 'OPTION_INVALID',
    message: /got a b and a-b, both drive-a-b.mp4$/,
  });
});

t.test('the next recording has the number after the highest, whatever has gone', async (t) => {
  const folder = t.testdir({});
  const path = join(folder, 'out.mp4');
  const next = async (...names: string[]): Promise<string> => {
    for (const name of names) writeFileSync(join(folder, name), '');
    return (await nextRecording(path, new Set())).slice(folder.length + 1);
  };
  t.equal(await next(), 'out.mp4');
  t.equal(await next('other-7.mp4', 'out-front-7.mp4', 'out-7.mkv', 'out-07.mp4', 'out-1.mp4', 'out-7.jpg'), 'out.mp4');
  t.equal(await next('out.mp4'), 'out-2.mp4');
  t.equal(await next('out-9.mp4', 'out-3.mp4'), 'out-10.mp4', 'by number, not by letters');
  t.equal(await next('out-11.part.mp4'), 'out-12.mp4', 'of one that is being written');
  t.equal(await next('out-20.part.whole.mp4'), 'out-21.mp4');
  rmSync(join(folder, 'out.mp4'));
  t.equal(await next(), 'out-21.mp4', 'a gap is not filled');
  const taken = new Set([join(folder, 'out-30.mp4'), join(folder, 'out-front-40.mp4')]);
  t.equal(await nextRecording(path, taken), join(folder, 'out-31.mp4'), 'begun by this server, wherever it is now');
  t.equal(await next('out-99999999999999999999.mp4'), 'out-21.mp4', 'a number that is none of ours');
});

t.test('a path without a folder, or with a number of its own', async (t) => {
  const folder = t.testdir({ 'trip-7.mp4': '', 'trip-8.mp4': '' });
  t.equal(await nextRecording(join(folder, 'trip-7.mp4'), new Set()), join(folder, 'trip-7-2.mp4'));
  t.equal(await nextRecording('no-such-recording.mp4', new Set()), 'no-such-recording.mp4');
  t.equal(
    await nextRecording('./no-such-recording.mp4', new Set(['no-such-recording.mp4'])),
    'no-such-recording-2.mp4',
  );
});

t.test("another source's first file keeps its name", async (t) => {
  const folder = t.testdir({ 'live.mp4': '' });
  const [path, other] = [join(folder, 'live.mp4'), join(folder, 'live-2.mp4')];
  t.equal(await nextRecording(path, new Set(), [other]), join(folder, 'live-3.mp4'));
  t.equal(await nextRecording(other, new Set(), [path]), other);
});

t.test('nothing is written over where the folder cannot be listed', async (t) => {
  const folder = t.testdir({ 'out.mp4': '', 'out-2.part.mp4': '' });
  chmodSync(folder, 0o300);
  const next = await nextRecording(join(folder, 'out.mp4'), new Set());
  chmodSync(folder, 0o700);
  t.equal(next, join(folder, 'out-3.mp4'));
});

t.test('a name may be that of two sources', async (t) => {
  t.same(placesOf('a-front-2.mp4', new Set(['a-front.mp4', 'a-front-2.mp4', 'a-rear.mp4'])), [
    { base: 'a-front-2.mp4', number: 1 },
    { base: 'a-front.mp4', number: 2 },
  ]);
  t.same(placesOf('undefined.mp4', new Set(['undefined.mp4'])), [{ base: 'undefined.mp4', number: 1 }]);
  t.same(placesOf('', new Set(['a.mp4'])), []);
});
