import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { lastValueFrom, of, Subject } from 'rxjs';
import t from 'tap';
import { type PruneOptions, pruneRecordings } from '../../../pipeline/serve/prune-recordings.js';

const HOUR_MS = 3_600_000;
const GB = 1e9;

/** Makes files of so many bytes that ended so many hours ago. */
function make(folder: string, files: Record<string, { readonly hours: number; readonly bytes?: number }>): void {
  for (const [name, { hours, bytes = 1000 }] of Object.entries(files)) {
    writeFileSync(join(folder, name), Buffer.alloc(bytes));
    const endedAt = new Date(Date.now() - hours * HOUR_MS);
    utimesSync(join(folder, name), endedAt, endedAt);
  }
}

/** Looks once; gives what was removed and told, by names, and what is left. */
async function prune(
  folder: string,
  bases: readonly string[],
  limits: Pick<PruneOptions, 'keepHours' | 'keepGb' | 'inputs' | 'parts'>,
) {
  const removed: string[] = [];
  const told: string[] = [];
  const named = (path: string) => path.slice(folder.length + 1);
  const options = {
    ...limits,
    onRemoved: (path: string) => removed.push(named(path)),
    onError: (_: unknown, path: string) => told.push(named(path)),
  };
  const paths = bases.map((base) => join(folder, base));
  await lastValueFrom(of(undefined).pipe(pruneRecordings(paths, options)), { defaultValue: undefined });
  return { removed, told, left: readdirSync(folder).sort() };
}

t.test('what is too old goes, the oldest first, and the newest of each source stays', async (t) => {
  const folder = t.testdir({});
  make(folder, {
    'a-front.mp4': { hours: 9 },
    'a-front-9.mp4': { hours: 7 },
    'a-front-10.mp4': { hours: 8 },
    'a-rear-3.mp4': { hours: 50 },
    'a-rear-2.mp4': { hours: 10 },
    'a-rear.mp4': { hours: 0.4 },
  });
  const { removed, left } = await prune(folder, ['a-front.mp4', 'a-rear.mp4'], { keepHours: 0.5 });
  t.same(removed, ['a-rear-2.mp4', 'a-front.mp4', 'a-front-9.mp4']);
  t.same(
    left,
    ['a-front-10.mp4', 'a-rear-3.mp4', 'a-rear.mp4'],
    'the highest number is the newest, however its clock was',
  );
});

t.test('what is too much goes: of all sources together, the oldest first', async (t) => {
  const folder = t.testdir({});
  make(folder, {
    'a-front.mp4': { hours: 5, bytes: 100 },
    'a-front-2.mp4': { hours: 3, bytes: 3000 },
    'a-front-3.mp4': { hours: 1, bytes: 1000 },
    'a-rear.mp4': { hours: 4, bytes: 1000 },
    'a-rear-2.mp4': { hours: 2, bytes: 1000 },
    'a-rear-3.mp4': { hours: 0, bytes: 1000 },
  });
  const bases = ['a-front.mp4', 'a-rear.mp4'];
  t.same((await prune(folder, bases, { keepGb: 7100 / GB })).removed, [], 'as much as is kept');
  const { removed } = await prune(folder, bases, { keepGb: 3500 / GB });
  t.same(removed, ['a-front.mp4', 'a-rear.mp4', 'a-front-2.mp4'], 'no older one stays because it is small');
  const more = await prune(folder, bases, { keepGb: 10 / GB, keepHours: 100 });
  t.same(more.left, ['a-front-3.mp4', 'a-rear-3.mp4'], 'either limit is enough');
});

t.test('nothing else is touched', async (t) => {
  const folder = t.testdir({});
  const others = [
    'a.mkv',
    'a-.mp4',
    'a-0.mp4',
    'a-1.mp4',
    'a-02.mp4',
    'a-2-3.mp4',
    'a-2.MP4',
    'a-2.mp4.bak',
    'a-2.part.mp4',
    'a-2.part.whole.mp4',
    'a-front.mp4',
    'b-2.mp4',
    'my-a-2.mp4',
    'a.part.mp4',
  ];
  make(folder, Object.fromEntries(others.map((name) => [name, { hours: 100 }])));
  make(folder, { 'a-9.mp4': { hours: 100 }, 'a-3.mp4': { hours: 100 }, target: { hours: 100 } });
  mkdirSync(join(folder, 'a-4.mp4'));
  symlinkSync('target', join(folder, 'a-5.mp4'));
  symlinkSync('nowhere', join(folder, 'a-6.mp4'));
  const { removed, told, left } = await prune(folder, ['a.mp4'], { keepHours: 0.01, keepGb: 0.001 / GB });
  t.same(removed, ['a-3.mp4']);
  t.same(told, []);
  t.same(left, [...others, 'a-9.mp4', 'a-4.mp4', 'a-5.mp4', 'a-6.mp4', 'target'].sort());
});

t.test('what is shown is not removed, though it is called as a recording is, by whatever path', async (t) => {
  const folder = t.testdir({ links: {} });
  const place = join(folder, 'links', 'cams');
  symlinkSync(folder, place);
  symlinkSync(join(folder, 'a-2.mp4'), join(folder, 'shown.mp4'));
  const ways = (name: string) => [join(folder, name), relative('.', join(folder, name)), join(place, name)];
  for (const input of [
    ...ways('a-2.mp4'),
    ...ways('a-2.mp4').map((path) => `file:${path}`),
    join(folder, 'shown.mp4'),
    `concat:${join(folder, 'a-2.mp4')}|${join(folder, 'b.mp4')}`,
  ]) {
    make(folder, { 'a.mp4': { hours: 9 }, 'a-2.mp4': { hours: 8 }, 'a-3.mp4': { hours: 7 } });
    const { removed } = await prune(folder, ['a.mp4'], { keepHours: 1, inputs: ['rtsp://camera/a.mp4x', input] });
    t.same(removed, ['a.mp4'], input);
  }
});

t.test('a date behind the name is none of our numbers', async (t) => {
  const folder = t.testdir({});
  make(folder, { 'a.mp4': { hours: 9 }, 'a-2.mp4': { hours: 8 }, 'a-20261128.mp4': { hours: 7 } });
  t.same((await prune(folder, ['a.mp4'], { keepHours: 1 })).removed, ['a.mp4']);
});

t.test('parts that are known to be ours go as recordings do', async (t) => {
  const folder = t.testdir({});
  make(folder, { 'a.part.mp4': { hours: 9 }, 'a-2.part.mp4': { hours: 8 }, 'a-3.mp4': { hours: 7 } });
  const parts = new Set([join(folder, 'a-2.part.mp4')]);
  t.same((await prune(folder, ['a.mp4'], { keepHours: 1, parts })).removed, ['a-2.part.mp4']);
});

t.test('a part is none of the source that is called so', async (t) => {
  const folder = t.testdir({});
  make(folder, { 'a-x.part.mp4': { hours: 9 }, 'a-x.part-2.mp4': { hours: 9 }, 'a-x.part-3.mp4': { hours: 9 } });
  const { removed } = await prune(folder, ['a-x.mp4', 'a-x.part.mp4'], { keepHours: 1 });
  t.same(removed, ['a-x.part-2.mp4']);
});

t.test('what cannot be removed is told of once, and the others go', async (t) => {
  const folder = t.testdir({});
  make(folder, { 'a.mp4': { hours: 9 }, 'a-2.mp4': { hours: 8 } });
  const held = join(folder, 'a.mp4');
  // Root may remove what it may not write, but not what something is mounted on.
  const isRoot = process.getuid?.() === 0;
  if (isRoot && spawnSync('mount', ['--bind', held, held]).status !== 0) {
    t.pass('a file that stays', { skip: 'cannot mount here' });
    return;
  }
  if (!isRoot) chmodSync(folder, 0o500);
  const release = () => (isRoot ? spawnSync('umount', [held]) : chmodSync(folder, 0o700));
  t.teardown(release);
  const removed: string[] = [];
  const told: string[] = [];
  const looks = new Subject<void>();
  const over = lastValueFrom(
    looks.pipe(
      pruneRecordings([held], {
        keepHours: 1,
        onRemoved: (path) => removed.push(path),
        onError: (error, path) => told.push(`${(error as NodeJS.ErrnoException).code} ${path}`),
      }),
    ),
    { defaultValue: undefined },
  );
  looks.next();
  looks.next();
  looks.complete();
  await over;
  t.same(told, [`${isRoot ? 'EBUSY' : 'EACCES'} ${held}`]);
  t.same(removed, []);
  release();
  t.same((await prune(folder, ['a.mp4'], { keepHours: 1 })).removed, ['a.mp4']);
});

t.test('a folder that is none is told of, and two that look at once do not mind each other', async (t) => {
  const folder = t.testdir({ file: '' });
  const { told } = await prune(folder, ['file/a.mp4'], { keepHours: 1 });
  t.same(told, ['file']);
  make(folder, Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`a-${at + 2}.mp4`, { hours: 9 }])));
  const both = await Promise.all([1, 2].map(() => prune(folder, ['a.mp4'], { keepHours: 1 })));
  t.same(
    both.flatMap((each) => each.told),
    [],
  );
  t.equal(both.flatMap((each) => each.removed).length, 39, 'each file once');
});
