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

t.test('each pixel has the luma of its own and the chroma of its two by two', async (t) => {
  const [width, height] = [7, 5];
  const [chromaWidth, chromaHeight] = [4, 3];
  const plane = (length: number, factor: number) => Array.from({ length }, (_, at) => 30 + ((at * factor) % 190));
  const [ys, us, vs] = [
    plane(width * height, 37),
    plane(chromaWidth * chromaHeight, 53),
    plane(chromaWidth * chromaHeight, 71),
  ];
  const picture = { width, height, data: Uint8Array.from([...ys, ...us, ...vs]), colour: { range: 'pc' as const } };
  const rgb = yuvToRgb(picture, width);
  const clip = (value: number) => Math.min(255, Math.max(0, value));
  // JFIF: BT.601 at full range.
  const expected = ys.flatMap((y, at) => {
    const place = (Math.floor(at / width) >> 1) * chromaWidth + ((at % width) >> 1);
    const [u, v] = [us[place]! - 128, vs[place]! - 128];
    return [y + 1.402 * v, y - 0.344136 * u - 0.714136 * v, y + 1.772 * u].map(clip);
  });
  const off = expected.reduce((most, value, at) => Math.max(most, Math.abs(value - rgb.data[at]!)), 0);
  t.ok(off <= 2, `off by ${off}`);
});
