import {
  concat,
  from,
  interval,
  lastValueFrom,
  type MonoTypeOperatorFunction,
  map,
  Subject,
  takeUntil,
  tap,
  throwError,
  toArray,
} from 'rxjs';
import t from 'tap';
import type { Frame } from '../../../operators/frame.js';
import { inOrder } from '../../../operators/in-order.js';
import { letOthersFinish } from '../../../pipeline/run/let-others-finish.js';
import { fakeFrame } from '../../operators/fake-frame.js';

/** An output that says how it ended, and fails at one frame. */
function output(name: string, told: string[], failsAt?: number): MonoTypeOperatorFunction<Frame> {
  return inOrder(() => ({
    async take(frame) {
      if (frame.index === failsAt) throw new Error(`${name} is full`);
      return frame;
    },
    async finish(failed) {
      told.push(`${name} ${failed ? 'keeps its part' : 'is finished'}`);
    },
    dispose: () => void told.push(`${name} is disposed of`),
  }));
}

const endless = interval(1).pipe(map((index) => fakeFrame({ index })));

t.test('an output that fails ends the source in its error, and those before it keep what they have', async (t) => {
  const told: string[] = [];
  const failed = new Subject<never>();
  const route = endless.pipe(
    takeUntil(failed),
    output('video', told),
    letOthersFinish(output('records', told, 5), (error) => failed.error(error)),
    tap(({ index }) => told.push(String(index))),
  );
  await t.rejects(lastValueFrom(route), /records is full/);
  t.same(
    told.filter((each) => /^\d/.test(each)),
    ['0', '1', '2', '3', '4'],
  );
  t.same(
    told.filter((each) => each.startsWith('video')),
    ['video keeps its part', 'video is disposed of'],
  );
});

t.test('where nothing fails it changes nothing; an error from before comes behind what was before it', async (t) => {
  const told: string[] = [];
  const frames = [0, 1, 2].map((index) => fakeFrame({ index }));
  const whole = from(frames).pipe(
    letOthersFinish(output('video', told), () => t.fail('nothing failed')),
    toArray(),
  );
  t.same(await lastValueFrom(whole), frames);
  t.same(told.splice(0), ['video is finished', 'video is disposed of']);
  const cut = concat(
    from(frames),
    throwError(() => new Error('cut')),
  ).pipe(
    letOthersFinish(output('video', told), () => {}),
    tap(({ index }) => told.push(String(index))),
  );
  await t.rejects(lastValueFrom(cut), /cut/);
  t.same(told, ['0', '1', '2', 'video keeps its part', 'video is disposed of']);
});
