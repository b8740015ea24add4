import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { concat, EMPTY, firstValueFrom, from, lastValueFrom, NEVER, of, Subject, throwError, toArray } from 'rxjs';
import t from 'tap';
import { abandonedAreGone } from '../../operators/abandoned.js';
import type { SegmentedFrame } from '../../operators/frame.js';
import { writeRecords } from '../../operators/write-records.js';
import { fakeSegmentedFrame } from './fake-frame.js';

const folder = mkdtempSync(join(tmpdir(), 'write-records-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));

const frames = Array.from({ length: 50 }, (_, index) => fakeSegmentedFrame({ index, shares: [0.25, 0.75] }));
const read = (path: string) =>
  readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

t.test('the file that the frames come from is not replaced', async (t) => {
  const file = join(t.testdir({ 'own.mp4': 'a video' }), 'own.mp4');
  const written = lastValueFrom(from([{ ...fakeSegmentedFrame(), file }]).pipe(writeRecords(file)));
  await t.rejects(written, { code: 'OUTPUT_IS_INPUT' });
  t.equal(readFileSync(file, 'utf8'), 'a video');
});

t.test('a file without a name is refused', async (t) => {
  t.throws(() => writeRecords(''), { code: 'OPTION_INVALID', message: /^Expected path/ });
});

t.test('one object a line, in order, under the final name when all is written', async (t) => {
  const path = join(folder, 'frames.jsonl');
  const got = await lastValueFrom(from(frames).pipe(writeRecords(path), toArray()));
  t.equal(got.length, 50);
  const records = read(path);
  t.same(
    records.map(({ index }) => index),
    frames.map(({ index }) => index),
  );
  t.same(records[3], {
    source: 'camera',
    epoch: 0,
    index: 3,
    ptsUs: 120_000,
    pts: 0.12,
    carried: false,
    shares: { road: 0.25, car: 0.75 },
    stepTimes: { decode: 1 },
  });
  t.notOk(existsSync(join(folder, 'frames.part.jsonl')));
});

t.test('without a frame an earlier file stays as it is', async (t) => {
  const path = join(folder, 'earlier.jsonl');
  await lastValueFrom(from(frames.slice(0, 2)).pipe(writeRecords(path)));
  t.same(await lastValueFrom(EMPTY.pipe(writeRecords(path), toArray())), []);
  t.equal(read(path).length, 2);
  t.notOk(existsSync(join(folder, 'earlier.part.jsonl')));
});

t.test('on an error from before, what there is stays in the part', async (t) => {
  const path = join(folder, 'cut.jsonl');
  const cut = concat(
    from(frames.slice(0, 3)),
    throwError(() => new Error('cut')),
  );
  await t.rejects(lastValueFrom(cut.pipe(writeRecords(path))), /cut/);
  t.notOk(existsSync(path));
  t.equal(read(join(folder, 'cut.part.jsonl')).length, 3);
});

t.test('unsubscribing removes the part, and can be waited for', async (t) => {
  const place = t.testdir({});
  const path = join(place, 'left.jsonl');
  const given = new Subject<SegmentedFrame>();
  const subscription = concat(from(frames), NEVER).pipe(writeRecords(path)).subscribe(given);
  // The first line is written, the others wait.
  await firstValueFrom(given);
  subscription.unsubscribe();
  await abandonedAreGone();
  t.same(readdirSync(place), []);
});

t.test('what is abandoned before its file is open leaves a file of the same name alone', async (t) => {
  const place = t.testdir({});
  const path = join(place, 'left.jsonl');
  concat(from(frames), NEVER).pipe(writeRecords(path)).subscribe().unsubscribe();
  await abandonedAreGone();
  t.same(readdirSync(place), []);
  await lastValueFrom(from(frames).pipe(writeRecords(path)));
  t.equal(read(path).length, 50);
  t.same(readdirSync(place), ['left.jsonl']);
});

t.test('what is abandoned while it is being finished changes nothing afterwards', async (t) => {
  const place = t.testdir({});
  const given = new Subject<SegmentedFrame>();
  const subscription = of(frames[0]!)
    .pipe(writeRecords(join(place, 'left.jsonl')))
    .subscribe(given);
  await firstValueFrom(given);
  subscription.unsubscribe();
  await abandonedAreGone();
  const left = readdirSync(place);
  t.notOk(left.includes('left.part.jsonl'));
  await lastValueFrom(from(frames).pipe(writeRecords(join(place, 'next.jsonl'))));
  t.same(readdirSync(place), [...left, 'next.jsonl']);
});

t.test('a name that is taken by a folder is an error that names it', async (t) => {
  const path = join(folder, 'taken.jsonl');
  mkdirSync(path);
  await t.rejects(lastValueFrom(from(frames).pipe(writeRecords(path))), {
    code: 'OUTPUT_UNWRITABLE',
    message: /taken\.jsonl/,
  });
});

t.test('a folder that is not there is an error that names the file', async (t) => {
  const run = lastValueFrom(from(frames).pipe(writeRecords(join(folder, 'nowhere', 'a.jsonl'))));
  await t.rejects(run, { code: 'OUTPUT_UNWRITABLE', message: /nowhere.*the folder does not exist/ });
});

t.test('a full disk is told as that', { skip: !existsSync('/dev/full') && 'there is no /dev/full' }, async (t) => {
  symlinkSync('/dev/full', join(folder, 'full.part.jsonl'));
  await t.rejects(lastValueFrom(from(frames).pipe(writeRecords(join(folder, 'full.jsonl')))), {
    code: 'OUTPUT_DISK_FULL',
    message: /full\.jsonl/,
  });
});
