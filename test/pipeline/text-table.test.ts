import t from 'tap';
import { textTable } from '../../pipeline/text-table.js';

t.test('aligns numbers to the right and words to the left, without spaces at the ends of lines', async (t) => {
  const table = textTable([
    ['name', 'share', 'note'],
    ['road', '30.5', 'near'],
    ['bicyclist', '-', ''],
    ['sky', '9'],
  ]);
  t.equal(table, 'name       share  note\nroad        30.5  near\nbicyclist      -\nsky            9');
  t.equal(textTable([]), '');
});
