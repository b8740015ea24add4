import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { config, count, filter, lastValueFrom, merge, pairwise, share, take, tap, toArray } from 'rxjs';
import t from 'tap';
import { decode } from '../../operators/decode.js';
import { encode } from '../../operators/encode.js';
import { findFfmpeg } from '../../operators/find-ffmpeg.js';
import type { Frame } from '../../operators/frame.js';
import { createMeter, measure } from '../../operators/measure.js';
import { overlay } from '../../operators/overlay.js';
import { segment } from '../../operators/segment.js';
import { smooth } from '../../operators/smooth.js';
import { writeRecords } from '../../operators/write-records.js';
import { createFakeEngine, thirds } from './fake-engine.js';
import { noFfmpegRuns } from './running-ffmpegs.js';
import { testClip } from './test-clip.js';

/*
 * The contract of frames over real decoding: whatever people do with the stream between two steps, nothing stalls, nothing
 * changes under their hands, and no ffmpeg is left behind.
 */

const folder = mkdtempSync(join(tmpdir(), 'route-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));

// Enough frames that a route which stalls does stall, and few at a time.
const clip = join(folder, 'clip.mp4');
const picture = ['-f', 'lavfi', '-i', 'testsrc2=s=640x480:r=25:d=4'];
execFileSync((await findFfmpeg()).path, ['-v', 'error', '-y', ...picture, '-c:v', 'mpeg4', '-q:v', '10', clip]);
const frames = 100;
const narrow = { gateLimit: 2, fit: { width: 64, height: 48 } } as const;
const fast = { preset: 'ultrafast' } as const;

t.afterEach(noFfmpegRuns);

t.test('the whole way: decode, segment, smooth, overlay, encode, records, measure', async (t) => {
  const path = await testClip('plain');
  const output = join(folder, 'whole.mp4');
  const meter = createMeter();
  await lastValueFrom(
    decode(path).pipe(
      segment(createFakeEngine(), { stride: 2 }),
      smooth(),
      overlay({ legend: true }),
      encode(output, { copyFrom: path, ...fast }),
      writeRecords(join(folder, 'whole.jsonl')),
      measure(meter),
    ),
  );
  const { steps, frames: measured, carried } = meter.read();
  t.equal(measured, 50);
  t.equal(carried, 25);
  t.same(Object.keys(steps), ['decode', 'queue', 'segment', 'smooth', 'overlay', 'encode']);
  const [before, after] = await Promise.all([path, output].map((file) => lastValueFrom(decode(file).pipe(toArray()))));
  t.same(
    after!.map(({ ptsUs }) => ptsUs),
    before!.map(({ ptsUs }) => ptsUs),
  );
});

t.test('a gate of one is enough to go on', async (t) => {
  const route = decode(clip, { ...narrow, gateLimit: 1 }).pipe(
    segment(createFakeEngine(), { batch: 8 }),
    overlay(),
    count(),
  );
  t.equal(await lastValueFrom(route), frames);
});

t.test('share: one ffmpeg feeds two routes, neither of which sees the other', async (t) => {
  const source = decode(clip, narrow).pipe(share());
  const output = join(folder, 'shared.mp4');
  const [encoded, masks] = await Promise.all([
    lastValueFrom(source.pipe(segment(createFakeEngine()), overlay(), encode(output, fast), count())),
    lastValueFrom(source.pipe(segment(createFakeEngine({ delayMs: 1 })), toArray())),
  ]);
  t.equal(encoded, frames);
  t.equal(masks.length, frames);
  t.ok(masks.every(({ mask, input }) => Buffer.from(mask.data).equals(thirds(input).data)));
});

t.test('take(1) ends all of it', async (t) => {
  for (const _ of [1, 2]) {
    const taken = await lastValueFrom(
      decode(clip, narrow).pipe(segment(createFakeEngine()), overlay(), take(1), toArray()),
    );
    t.equal(taken.length, 1);
    await noFfmpegRuns();
  }
});

t.test('take(1) of one route does not hold up the other', async (t) => {
  const source = decode(clip, narrow).pipe(share());
  const [one, all] = await Promise.all([
    lastValueFrom(source.pipe(segment(createFakeEngine({ delayMs: 3 })), take(1), count())),
    lastValueFrom(source.pipe(segment(createFakeEngine()), count())),
  ]);
  t.same([one, all], [1, frames]);
});

t.test('frames that are thrown away owe nothing', async (t) => {
  const engine = createFakeEngine();
  const odd = decode(clip, narrow).pipe(
    filter(({ index }) => index % 10 === 7),
    segment(engine),
    count(),
  );
  t.equal(await lastValueFrom(odd), 10);
  const none = decode(clip, narrow).pipe(
    filter(() => false),
    segment(engine),
    overlay(),
    encode(join(folder, 'none.mp4')),
    count(),
  );
  t.equal(await lastValueFrom(none), 0);
  t.notOk(existsSync(join(folder, 'none.mp4')));
});

t.test('frames that are kept do not change', async (t) => {
  const sums = (frame: Frame) =>
    [frame.picture.data, frame.input.data].map((data) => data.reduce((sum, value) => sum + value, 0));
  const seen: number[][] = [];
  const kept = await lastValueFrom(
    decode(clip, narrow).pipe(
      take(30),
      tap((frame) => seen.push(sums(frame))),
      segment(createFakeEngine()),
      overlay(),
      pairwise(),
      toArray(),
    ),
  );
  t.same([kept[0]![0], ...kept.map(([, second]) => second)].map(sums), seen);
});

t.test('a subscriber that throws harms nobody else', async (t) => {
  const reported: unknown[] = [];
  config.onUnhandledError = (error) => reported.push(error);
  t.teardown(() => {
    config.onUnhandledError = null;
  });
  const source = decode(clip, narrow).pipe(segment(createFakeEngine()), share());
  source.subscribe(() => {
    throw new Error('from a subscriber');
  });
  t.equal(await lastValueFrom(source.pipe(count())), frames);
  await new Promise((resolve) => setTimeout(resolve, 50));
  t.equal(reported.length, frames);
});

t.test('an operator that throws ends its own route with its error, cleanly', async (t) => {
  const output = join(folder, 'thrown.mp4');
  const route = decode(clip, narrow).pipe(
    segment(createFakeEngine()),
    tap(({ index }) => {
      if (index === 20) throw new Error('from an operator');
    }),
    encode(output, fast),
  );
  await t.rejects(lastValueFrom(route), /from an operator/);
  t.notOk(existsSync(output));
  t.ok(existsSync(join(folder, 'thrown.part.mp4')), 'what was good is kept');
});

t.test('a late subscriber of a shared source sees the rest, and does not stall it', async (t) => {
  const source = decode(clip, narrow).pipe(share());
  let late: Promise<number> | undefined;
  const early = lastValueFrom(
    source.pipe(
      segment(createFakeEngine()),
      tap(({ index }) => {
        if (index === 10) late = lastValueFrom(source.pipe(segment(createFakeEngine({ delayMs: 2 })), count()));
      }),
      count(),
    ),
  );
  t.equal(await early, frames);
  const seen = await late!;
  t.ok(seen > 50 && seen < frames, `${seen} frames`);
});

t.test('an engine that fails ends the route, and ffmpeg with it', async (t) => {
  const route = decode(clip, narrow).pipe(segment(createFakeEngine({ failAfter: 5 })), overlay(), count());
  await t.rejects(lastValueFrom(route), /the fake engine fails/);
});

t.test('merged sources share an engine, each in its own order', async (t) => {
  const engine = createFakeEngine();
  const sources = ['a', 'b', 'c'].map((source) => decode(clip, { ...narrow, source }));
  const all = await lastValueFrom(merge(...sources).pipe(segment(engine, { batch: 4 }), toArray()));
  for (const name of ['a', 'b', 'c']) {
    const own = all.filter(({ source }) => source === name).map(({ index }) => index);
    t.same(
      own,
      Array.from({ length: frames }, (_, n) => n),
      name,
    );
  }
});

t.test('an abort finishes the file', async (t) => {
  const stop = new AbortController();
  const output = join(folder, 'stopped.mp4');
  const route = decode(clip, { ...narrow, signal: stop.signal }).pipe(
    segment(createFakeEngine()),
    overlay(),
    encode(output, { copyFrom: clip, ...fast }),
    tap(({ index }) => {
      if (index === 30) stop.abort();
    }),
    count(),
  );
  const written = await lastValueFrom(route);
  t.ok(written > 30 && written < frames);
  t.equal(await lastValueFrom(decode(output).pipe(count())), written);
});

t.test('unsubscribing in the middle leaves nothing behind, again and again', async (t) => {
  for (let n = 0; n < 4; n++) {
    const output = join(folder, `left-${n}.mp4`);
    await new Promise<void>((resolve) => {
      const subscription = decode(clip, narrow)
        .pipe(segment(createFakeEngine()), overlay(), encode(output, fast))
        .subscribe(({ index }) => {
          if (index < n * 3) return;
          // Not synchronously: the subscription may not be there yet.
          setImmediate(() => {
            subscription.unsubscribe();
            resolve();
          });
        });
    });
    await noFfmpegRuns();
    while (existsSync(join(folder, `left-${n}.part.mp4`))) await new Promise((resolve) => setTimeout(resolve, 10));
    t.notOk(existsSync(output));
  }
});
