import t from 'tap';
import type { PaintJob } from '../../operators/paint-picture.js';
import { openPainter } from '../../operators/painter.js';

const paint = { value: new Uint8Array(256).fill(7), opacity: new Uint8Array(256).fill(255) };
const job: PaintJob = {
  visualize: 'mask',
  width: 2,
  height: 2,
  data: undefined,
  mask: { width: 1, height: 1, data: new Uint8Array(1) },
  paints: [paint, paint, paint],
  out: new Uint8Array(new SharedArrayBuffer(6)),
};

t.test('a thread that dies is an error for those who wait for it, and the next gets a new one', async (t) => {
  const painter = openPainter();
  // An overlay without a picture: a mistake that only a change to this code could make.
  await t.rejects(painter.paint({ ...job, visualize: 'overlay' }, undefined, []), { code: 'OVERLAY_FAILED' });
  await t.rejects(painter.paint(job, undefined, []), { code: 'OVERLAY_FAILED' }, 'it stays dead for whom it was open');
  painter.close();
  const next = openPainter();
  await next.paint(job, undefined, []);
  t.same([...job.out], [7, 7, 7, 7, 7, 7]);
  next.close();
  next.close();
  await t.rejects(next.paint(job, undefined, []), { code: 'OVERLAY_FAILED' });
});

t.test('what is not shared comes back in an array of its own', async (t) => {
  const painter = openPainter();
  const { out } = await painter.paint({ ...job, out: new Uint8Array(6) }, undefined, []);
  t.same([...out], [7, 7, 7, 7, 7, 7]);
  painter.close();
});
