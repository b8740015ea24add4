import t from 'tap';
import { parseSize } from '../../../pipeline/options/size.js';

t.test('a size is width x height, as text or as an object', async (t) => {
  t.same(parseSize('--size', '480x360'), { width: 480, height: 360 });
  t.same(parseSize('size', { width: 64, height: 48 }), { width: 64, height: 48 });
  for (const value of [
    '480',
    '480x',
    '480x360x3',
    '16x360',
    '480x100000',
    'axb',
    480,
    null,
    { width: 1.5, height: 99 },
  ]) {
    t.throws(() => parseSize('--size', value), {
      code: 'OPTION_INVALID',
      message: /^Expected --size to be WIDTHxHEIGHT/,
    });
  }
});
