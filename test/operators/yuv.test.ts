import t from 'tap';
import { matrixOf, rgbToYuv } from '../../operators/yuv.js';

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
