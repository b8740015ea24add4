import t from 'tap';
import { LiveStream } from '../../../pipeline/serve/live-stream.js';
import { serverNow } from '../../../pipeline/serve/shown-frame.js';
import { fakeFrame } from './fake-frames.js';

t.test('a stream whose frames stopped has no figures of what is now', async (t) => {
  const stream = new LiveStream(0, 'front');
  t.match(stream.stats(), { ageMs: null, stepMs: {}, shares: [] });
  stream.show(fakeFrame(), [], 1);
  t.match(stream.stats(), { ageMs: { p50: Number }, stepMs: { encode: { p50: 1 } }, shares: [0.5, 0.5] });
  // Half a minute later, the last frame is this old.
  stream.show(fakeFrame({ arrivedAt: serverNow() - 30_000 }), [], 1);
  t.same([stream.stats().ageMs, stream.stats().stepMs, stream.stats().shares], [null, {}, []]);
});
