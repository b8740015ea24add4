import t from 'tap';
import { formatTime, parseTime } from '../../../pipeline/options/time.js';

t.test('times are read as ffmpeg users type them', async (t) => {
  t.equal(parseTime('--start', '90'), 90);
  t.equal(parseTime('--start', '1.5'), 1.5);
  t.equal(parseTime('--start', '01:30'), 90);
  t.equal(parseTime('--start', '1:02:03.25'), 3723.25);
  t.equal(parseTime('start', 12.5), 12.5);
});

t.test('anything else is refused', async (t) => {
  for (const value of [
    '',
    'soon',
    '-1',
    '1:60',
    '61:00:61',
    '1:2:3:4',
    -1,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    null,
  ]) {
    t.throws(() => parseTime('--start', value), {
      code: 'OPTION_INVALID',
      message: /^Expected --start to be seconds or hh:mm:ss, got/,
    });
  }
});

t.test('spans of time are written for people', async (t) => {
  t.equal(formatTime(0.4), '0 s');
  t.equal(formatTime(59), '59 s');
  t.equal(formatTime(59.6), '1:00');
  t.equal(formatTime(125), '2:05');
  t.equal(formatTime(3607), '1:00:07');
});
