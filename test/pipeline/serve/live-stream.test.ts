import t from 'tap';
import { LiveStream } from '../../../pipeline/serve/live-stream.js';
import { fakeFrame } from './fake-frames.js';

t.test('a stream whose frames stopped has no figures of what is now', async (t) => {
  let now = 0;
  const stream = new LiveStream(0, 'front', () => now);
  t.match(stream.stats(), { ageMs: null, stepMs: {}, shares: [] });
  stream.show(fakeFrame(), [], 1);
  t.match(stream.stats(), { ageMs: { p50: Number }, stepMs: { encode: { p50: 1 } }, shares: [0.5, 0.5] });
  now = 11_000;
  t.same([stream.stats().ageMs, stream.stats().stepMs, stream.stats().shares], [null, {}, []]);
});

t.test('the error of a file is not the next one’s', async (t) => {
  const stream = new LiveStream(0, 'files');
  stream.setStatus({ state: 'failed', epoch: 0, since: 0, file: 'one.mp4', error: 'cut off' }, String);
  t.equal(stream.info.error, 'cut off');
  stream.setStatus({ state: 'connecting', epoch: 1, since: 0, file: 'two.mp4' }, String);
  t.equal(stream.info.error, undefined);
});
