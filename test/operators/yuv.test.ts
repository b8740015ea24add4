import t from 'tap';
import { matrixOf, rgbToYuv, yuvToRgb } from '../../operators/yuv.js';

t.test('colours convert as the standards say', async (t) => {
  t.same(rgbToYuv([255, 255, 255], 'bt709', 'tv'), [235, 128, 128]);
  t.same(rgbToYuv([0, 0, 0], 'bt709', 'tv'), [16, 128, 128]);
  t.same(rgbToYuv([255, 255, 255], 'smpte170m', 'pc'), [255, 128, 128]);
  // 100 % bars, ITU-R BT.601 and BT.709.
  t.same(rgbToYuv([255, 0, 0], 'smpte170m', 'tv'), [81, 90, 240]);
  t.same(rgbToYuv([0, 0, 255], 'smpte170m', 'tv'), [41, 240, 110]);
  t.same(rgbToYuv([255, 0, 0], 'bt709', 'tv'), [63, 102, 240]);
  t.same(rgbToYuv([0, 255, 0], 'bt709', 'tv'), [173, 42, 26]);
});

t.test('an untagged picture is read as players read it', async (t) => {
  t.equal(matrixOf({ height: 576, colour: {} }), 'smpte170m');
  t.equal(matrixOf({ height: 1080, colour: {} }), 'bt709');
  t.equal(matrixOf({ height: 1080, colour: { matrix: 'bt470bg' } }), 'bt470bg');
  t.equal(matrixOf({ height: 480, colour: { matrix: 'ictcp' } }), 'smpte170m');
});

t.test('a picture becomes RGB as its tags say, smaller by a whole number where it is too wide', async (t) => {
  const colours = [
    [255, 0, 0],
    [10, 200, 40],
    [255, 255, 255],
    [0, 0, 0],
    [90, 90, 255],
  ] as const;
  for (const matrix of ['bt709', 'smpte170m'])
    for (const range of ['tv', 'pc'])
      for (const colour of colours)
        for (const maxWidth of [100, 7, 4, 3]) {
          // Odd sizes, so that chroma has a column and a row of its own at the end.
          const [width, height] = [9, 5];
          const [y, u, v] = rgbToYuv(colour, matrix, range);
          const data = new Uint8Array(45 + 2 * 15).fill(y).fill(u, 45).fill(v, 60);
          const rgb = yuvToRgb({ width, height, data, colour: { matrix, range } }, maxWidth);
          const step = Math.ceil(width / maxWidth);
          t.same([rgb.width, rgb.height], [Math.floor(width / step), Math.floor(height / step)]);
          t.equal(rgb.data.length, rgb.width * rgb.height * 3);
          const off = rgb.data.reduce((most, value, at) => Math.max(most, Math.abs(value - colour[at % 3]!)), 0);
          t.ok(off <= 3, `${colour} in ${matrix}/${range}, ${rgb.width} wide: off by ${off}`);
        }
});
