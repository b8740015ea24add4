import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decode } from 'fast-png';
import { from, lastValueFrom } from 'rxjs';
import t from 'tap';
import { scaleMask } from '../../model/scale-mask.js';
import { writeMask } from '../../operators/write-mask.js';
import { fakeSegmentedFrame } from './fake-frame.js';

const folder = mkdtempSync(join(tmpdir(), 'write-mask-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));

t.test('class indices at the size of the picture, and the colours of classes as palette', async (t) => {
  const frame = fakeSegmentedFrame();
  const path = join(folder, 'a.PNG');
  const given = await lastValueFrom(from([frame]).pipe(writeMask(path)));
  t.type(given.stepTimes.masks, 'number');
  const { width, height } = frame.picture;
  const { palette, ...mask } = decode(readFileSync(path));
  t.match(mask, { width, height, channels: 1 });
  t.same([...mask.data], [...scaleMask(frame.mask, width, height).data]);
  t.same(
    palette?.slice(0, frame.classes.length),
    frame.classes.map(({ colour }) => [...colour]),
  );
  t.same(readdirSync(folder), ['a.PNG']);
});

t.test('what cannot be written is said', async (t) => {
  t.throws(() => writeMask('mask.jpg'), { code: 'OPTION_INVALID', message: /\.png/ });
  const write = from([fakeSegmentedFrame()]).pipe(writeMask(join(folder, 'none', 'a.png')));
  await t.rejects(lastValueFrom(write), { code: 'OUTPUT_UNWRITABLE', message: /none/ });
});
