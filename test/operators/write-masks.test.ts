import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { concat, firstValueFrom, from, lastValueFrom, NEVER, Subject, throwError, toArray } from 'rxjs';
import sharp from 'sharp';
import t from 'tap';
import { abandonedAreGone } from '../../operators/abandoned.js';
import type { SegmentedFrame } from '../../operators/frame.js';
import { writeMasks } from '../../operators/write-masks.js';
import { fakeSegmentedFrame } from './fake-frame.js';

const folder = mkdtempSync(join(tmpdir(), 'write-masks-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));

const mask = { width: 4, height: 3, data: Uint8Array.of(0, 0, 1, 1, 0, 1, 1, 0, 1, 255, 1, 0) };

t.test('indices are kept in the file, and viewers show the colours of the classes', async (t) => {
  const frames = [
    fakeSegmentedFrame({ mask, index: 12, ptsUs: 480_000 }),
    fakeSegmentedFrame({ mask, index: 13, epoch: 1 }),
  ];
  const out = join(folder, 'made', 'here');
  const got = await lastValueFrom(from(frames).pipe(writeMasks(out, { size: 'network' }), toArray()));
  t.same(readdirSync(out).sort(), ['000012-0.480000.png', 'e1-000013-0.520000.png']);
  t.type(got[0]!.stepTimes.masks, 'number');

  const file = join(out, '000012-0.480000.png');
  const bytes = readFileSync(file);
  t.same([...bytes.subarray(24, 26)], [8, 3], 'eight bits, palette');
  const { data, info } = await sharp(file).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  t.match(info, { width: 4, height: 3, channels: 3 });
  const colours = new Map([
    [0, '128,64,128'],
    [1, '64,0,128'],
    [255, '0,0,0'],
  ]);
  const shown = Array.from({ length: 12 }, (_, at) => [...data.subarray(at * 3, at * 3 + 3)].join(','));
  t.same(
    shown,
    [...mask.data].map((index) => colours.get(index)),
  );
});

t.test("at the source's size every pixel has the class of the nearest", async (t) => {
  const out = join(folder, 'source');
  await lastValueFrom(from([fakeSegmentedFrame({ mask })]).pipe(writeMasks(out)));
  const { width, height } = await sharp(join(out, '000000-0.000000.png')).metadata();
  t.same([width, height], [8, 6]);
});

t.test('a size that there is not is refused by name', async (t) => {
  const size = 'full' as 'source';
  t.throws(() => writeMasks(folder, { size }), { code: 'OPTION_INVALID', message: /size to be source or network/ });
});

t.test('a folder that cannot be made is an error that names it', async (t) => {
  const file = join(folder, 'a-file');
  writeFileSync(file, '');
  const run = lastValueFrom(from([fakeSegmentedFrame()]).pipe(writeMasks(join(file, 'masks'))));
  await t.rejects(run, { code: 'OUTPUT_UNWRITABLE', message: /a-file/ });
});

t.test('replace removes masks of an earlier run once a frame comes, by their names, and nothing else', async (t) => {
  const names = ['000000-0.000000.png', 'e2-000001--0.040000.png', '1000000-40000.000000.part.png'];
  const others = ['000000.png', 'photo.png', '000000-0.000000.jpg', 'notes.txt'];
  const folder = t.testdir(Object.fromEntries([...names, ...others].map((name) => [name, ''])));
  const failed = throwError(() => new Error('no frame came'));
  await t.rejects(lastValueFrom(failed.pipe(writeMasks(folder, { replace: true }))), /no frame came/);
  t.same(readdirSync(folder).sort(), [...names, ...others].sort(), 'an input that fails costs nothing');
  await lastValueFrom(
    from([fakeSegmentedFrame({ index: 7, ptsUs: 40_000 })]).pipe(writeMasks(folder, { replace: true })),
  );
  t.same(readdirSync(folder).sort(), ['000007-0.040000.png', ...others].sort());
});

t.test('what replace cannot remove is an error that names the folder', async (t) => {
  const folder = t.testdir({ '000000-0.000000.png': {} });
  const run = lastValueFrom(from([fakeSegmentedFrame()]).pipe(writeMasks(folder, { replace: true })));
  await t.rejects(run, { code: 'OUTPUT_UNWRITABLE', message: new RegExp(folder) });
});

t.test('abandoned, it can be waited for, and writes nothing after that', async (t) => {
  const frames = Array.from({ length: 40 }, (_, index) => fakeSegmentedFrame({ mask, index }));
  const early = join(t.testdir({}), 'early');
  from(frames).pipe(writeMasks(early)).subscribe().unsubscribe();
  await abandonedAreGone();
  t.same(readdirSync(early), [], 'not even its folder comes later');

  const place = t.testdir({});
  const given = new Subject<SegmentedFrame>();
  const subscription = concat(from(frames), NEVER).pipe(writeMasks(place)).subscribe(given);
  await firstValueFrom(given);
  subscription.unsubscribe();
  await abandonedAreGone();
  const left = readdirSync(place).sort();
  t.notMatch(left.join(' '), /part/);
  // Time in which what was not waited for would be written.
  await lastValueFrom(from(frames).pipe(writeMasks(join(place, 'next'))));
  t.same(readdirSync(place).sort(), [...left, 'next']);
});
