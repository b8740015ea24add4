import t from 'tap';
import { drawText, textWidth } from '../../operators/stroke-font.js';

t.test('names of classes in all usual letters are drawn, and as wide as they say', async (t) => {
  for (const text of ['SignSymbol', 'road marking', 'Traffic Light (big)', 'person-sitting_2', '100%', '<1%']) {
    t.ok(textWidth(text) > 0);
    t.equal(drawText(text, 0, 0).match(/<path /g)?.length, text.replaceAll(' ', '').length, text);
  }
  t.equal(textWidth(''), 0);
  t.ok(textWidth('mm') > textWidth('ii'));
});

t.test('a letter that the font lacks is a box, not a hole', async (t) => {
  t.match(drawText('é', 0, 0), /H4\.6V8H0Z/);
});

t.test('text is data, not markup', async (t) => {
  t.notMatch(drawText('<script>&"', 0, 0), /script|&|"<"/);
});
