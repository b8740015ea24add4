import { resolve } from 'node:path';
import t from 'tap';
import { count, printable, shorten } from '../../pipeline/wording.js';

t.test('paths inside the working folder are short, others stay', async (t) => {
  t.equal(shorten(resolve('a', 'b.mp4')), 'a/b.mp4');
  t.equal(shorten('/elsewhere/b.mp4'), '/elsewhere/b.mp4');
  t.equal(shorten('-'), '-');
});

t.test('one is singular', async (t) => {
  t.same(
    [0, 1, 2].map((number) => count(number, 'frame')),
    ['0 frames', '1 frame', '2 frames'],
  );
});

t.test('the name of a file cannot command the terminal', async (t) => {
  t.equal(printable('\u001b]0;title\u0007\u009b31mred\r'), '\\x1b]0;title\\x07\\x9b31mred\\x0d');
  t.equal(printable('größe 道路\n\t| %'), 'größe 道路\n\t| %');
});
