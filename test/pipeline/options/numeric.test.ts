import t from 'tap';
import { numeric } from '../../../pipeline/options/numeric.js';

t.test('the command line turns numbers into numbers and leaves everything else as it was typed', async (t) => {
  t.equal(numeric('0.5'), 0.5);
  t.equal(numeric('-3'), -3);
  t.equal(numeric('fast'), 'fast');
  t.equal(numeric(' '), ' ');
});
