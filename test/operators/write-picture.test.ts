import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { from, lastValueFrom } from 'rxjs';
import sharp from 'sharp';
import t from 'tap';
import { abandonedAreGone } from '../../operators/abandoned.js';
import type { OverlaidFrame } from '../../operators/frame.js';
import { writeByPart } from '../../operators/write-by-part.js';
import { writePicture } from '../../operators/write-picture.js';
import { rgbToYuv } from '../../operators/yuv.js';
import { fakeSegmentedFrame } from './fake-frame.js';

const folder = mkdtempSync(join(tmpdir(), 'write-picture-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));

/** A frame whose overlay is red on the left and blue on the right, 16x10. */
function redAndBlue(range: 'tv' | 'pc'): OverlaidFrame {
  const [width, height] = [16, 10];
  const colour = { range };
  const sides = [rgbToYuv([255, 0, 0], 'smpte170m', range), rgbToYuv([0, 0, 255], 'smpte170m', range)];
  const plane = (channel: number, across: number, rows: number) =>
    Array.from({ length: across * rows }, (_, at) => sides[at % across < across / 2 ? 0 : 1]![channel]!);
  const data = Uint8Array.from([...plane(0, 16, 10), ...plane(1, 8, 5), ...plane(2, 8, 5)]);
  return { ...fakeSegmentedFrame(), overlay: { width, height, pixelAspect: [1, 1], colour, data } };
}

t.test('the picture itself is not replaced', async (t) => {
  const file = join(t.testdir({ 'own.png': 'a picture' }), 'own.png');
  const written = lastValueFrom(from([{ ...redAndBlue('tv'), file }]).pipe(writePicture(file)));
  await t.rejects(written, { code: 'OUTPUT_IS_INPUT' });
  t.equal(readFileSync(file, 'utf8'), 'a picture');
});

t.test('each format by its ending, in the colours of the overlay', async (t) => {
  for (const [name, format] of [
    ['a.png', 'png'],
    ['b.JPG', 'jpeg'],
    ['c.jpeg', 'jpeg'],
    ['d.webp', 'webp'],
  ] as const) {
    for (const range of ['tv', 'pc'] as const) {
      const path = join(folder, name);
      const frame = await lastValueFrom(from([redAndBlue(range)]).pipe(writePicture(path)));
      t.type(frame.stepTimes.encode, 'number');
      const { data, info } = await sharp(path).raw().toBuffer({ resolveWithObject: true });
      t.match(info, { width: 16, height: 10, channels: 3 });
      t.equal((await sharp(path).metadata()).format, format);
      const far = [255, 0, 0].map((value, channel) => Math.abs(value - data[channel]!));
      const right = [0, 0, 255].map((value, channel) => Math.abs(value - data[15 * 3 + channel]!));
      t.ok(Math.max(...far, ...right) < 12, `${name} of ${range}: off by ${Math.max(...far, ...right)} at most`);
    }
  }
  t.notMatch(readdirSync(folder).join(' '), /part/);
});

t.test('what cannot be written is said, and leaves nothing', async (t) => {
  t.throws(() => writePicture('out.bmp'), { code: 'OPTION_INVALID', message: /\.png/ });
  const write = (path: string) => lastValueFrom(from([redAndBlue('tv')]).pipe(writePicture(path)));
  await t.rejects(write(join(folder, 'none', 'a.png')), { code: 'OUTPUT_UNWRITABLE', message: /none/ });
  mkdirSync(join(folder, 'folder.png'));
  await t.rejects(write(join(folder, 'folder.png')), { code: 'OUTPUT_UNWRITABLE', message: /folder/ });
});

t.test('what the format cannot hold is said with the name of the file', async (t) => {
  const [width, height] = [16_400, 2];
  const wide = { ...redAndBlue('tv').overlay, width, height, data: new Uint8Array(width * height * 1.5) };
  const path = join(folder, 'wide.webp');
  const write = lastValueFrom(from([{ ...redAndBlue('tv'), overlay: wide }]).pipe(writePicture(path)));
  await t.rejects(write, { code: 'OUTPUT_UNWRITABLE', message: /wide\.webp: .*too large/ });
});

t.test('abandoned meanwhile, it leaves no file, and can be waited for', async (t) => {
  const place = t.testdir({});
  const writing = from([redAndBlue('tv')])
    .pipe(writePicture(join(place, 'abandoned.png')))
    .subscribe();
  // Both before it is encoded and while its part is written.
  for (const path of ['later.png', 'last.png'].map((name) => join(place, name))) {
    writing.unsubscribe();
    await abandonedAreGone();
    t.notOk(existsSync(join(place, 'abandoned.png')));
    await lastValueFrom(from([redAndBlue('tv')]).pipe(writePicture(path)));
  }
  await writeByPart(join(place, 'part.png'), new Uint8Array(9), () => true);
  t.same(readdirSync(place).sort(), ['last.png', 'later.png']);
});
