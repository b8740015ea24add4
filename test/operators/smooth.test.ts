import { from, lastValueFrom, toArray } from 'rxjs';
import t from 'tap';
import type { SegmentedFrame } from '../../operators/frame.js';
import { smooth } from '../../operators/smooth.js';
import { fakeSegmentedFrame } from './fake-frame.js';

const frame = (index: number, values: readonly number[], changes: Partial<SegmentedFrame> = {}) =>
  fakeSegmentedFrame({ index, mask: { width: values.length, height: 1, data: Uint8Array.from(values) }, ...changes });

const run = async (frames: readonly SegmentedFrame[], strength?: number) =>
  (await lastValueFrom(from(frames).pipe(smooth(strength === undefined ? {} : { strength }), toArray()))).map(
    ({ mask }) => [...mask.data].join(''),
  );

t.test('a pixel that flickers stays; one that changes for good changes', async (t) => {
  const masks = ['00', '01', '00', '10', '11', '10', '10'];
  const frames = masks.map((mask, index) => frame(index, [...mask].map(Number)));
  t.same(await run(frames, 0.5), ['00', '00', '00', '00', '00', '10', '10']);
});

t.test('strength 0 changes nothing, 1 needs five in a row', async (t) => {
  const frames = [0, 1, 1, 1, 1, 1, 1].map((value, index) => frame(index, [value]));
  t.same(await run(frames, 0), ['0', '1', '1', '1', '1', '1', '1']);
  t.same(await run(frames, 1), ['0', '0', '0', '0', '0', '1', '1']);
});

t.test('a change to a third class begins to count anew', async (t) => {
  const frames = [0, 1, 1, 2, 2, 2].map((value, index) => frame(index, [value]));
  t.same(await run(frames, 0.5), ['0', '0', '0', '0', '0', '2']);
});

t.test('carried masks count for nothing', async (t) => {
  const frames = [0, 1, 1, 1, 1].map((value, index) => frame(index, [value], { carried: index > 1 }));
  t.same(await run(frames, 0.5), ['0', '0', '0', '0', '0']);
});

t.test('sources are apart, and a new connection or size begins anew', async (t) => {
  const frames = [
    frame(0, [0], { source: 'a' }),
    frame(0, [1], { source: 'b' }),
    frame(1, [1], { source: 'a' }),
    frame(0, [1], { source: 'a', epoch: 1 }),
    frame(1, [0, 0], { source: 'a', epoch: 1 }),
  ];
  t.same(await run(frames, 1), ['0', '1', '0', '1', '00']);
});

t.test('shares are of what is shown, masks are buffers of their own, and the input is untouched', async (t) => {
  const frames = [frame(0, [0, 0]), frame(1, [1, 0])];
  const got = await lastValueFrom(from(frames).pipe(smooth(), toArray()));
  t.same(got[1]!.shares, [1, 0]);
  t.not(got[0]!.mask.data, got[1]!.mask.data);
  t.same([...frames[1]!.mask.data], [1, 0]);
  t.type(got[1]!.stepTimes.smooth, 'number');
});

t.test('a strength out of range is refused', async (t) => {
  for (const strength of [-0.1, 1.1, Number.NaN]) t.throws(() => smooth({ strength }), { code: 'OPTION_INVALID' });
});
