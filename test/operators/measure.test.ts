import { from, lastValueFrom, toArray } from 'rxjs';
import t from 'tap';
import { createMeter, measure } from '../../operators/measure.js';
import { fakeFrame, fakeSegmentedFrame } from './fake-frame.js';

t.test('times of each step are collected, and frames pass as they are', async (t) => {
  const meter = createMeter();
  const frames = Array.from({ length: 100 }, (_, index) =>
    fakeSegmentedFrame({ index, stepTimes: { decode: index + 1, segment: 40 }, carried: index % 2 === 1 }),
  );
  const got = await lastValueFrom(from(frames).pipe(measure(meter), toArray()));
  t.ok(got.every((frame, index) => frame === frames[index]));
  const { frames: count, carried, steps, age } = meter.read();
  t.equal(count, 100);
  t.equal(carried, 50);
  t.same(Object.keys(steps), ['decode', 'segment']);
  const near = (value: number, wanted: number) => Math.abs(value - wanted) <= wanted * 0.01;
  t.ok(near(steps.decode!.p50, 50) && near(steps.decode!.p95, 95) && near(steps.decode!.p99, 99));
  t.ok(near(steps.decode!.max, 100) && near(steps.decode!.mean, 50.5) && near(steps.segment!.p50, 40));
  t.equal(age.count, 100);
});

t.test('a percentile is the least value that so many per cent do not exceed, of few values too', async (t) => {
  const meter = createMeter();
  for (let index = 1; index <= 75; index += 1) meter.add(fakeFrame({ stepTimes: { decode: index } }));
  const { p50, p95, p99 } = meter.read().steps.decode!;
  t.same([p50, p95, p99].map(Math.round), [38, 72, 75]);
});

t.test('nothing seen is nothing, not NaN', async (t) => {
  const meter = createMeter();
  t.match(meter.read(), { frames: 0, fps: 0, seconds: 0, steps: {}, age: { count: 0, p99: 0 } });
  meter.add(fakeFrame());
  t.match(meter.read(), { frames: 1, fps: 0 });
});
