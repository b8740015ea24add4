import t from 'tap';
import { drawText, textWidth } from '../../operators/stroke-font.js';

t.test('names of classes in all usual letters are drawn, and as wide as they say', async (t) => {
  for (const text of [
    'SignSymbol',
    'road marking',
    'Traffic Light (big)',
    'person-sitting_2',
    '100%',
    '<1%',
    '> "a" & b',
  ]) {
    t.ok(textWidth(text) > 0);
    t.equal(drawText(text, 0, 0).match(/<path /g)?.length, text.replaceAll(' ', '').length, text);
  }
  t.equal(textWidth(''), 0);
  t.ok(textWidth('mm') > textWidth('ii'));
});

t.test('a letter that the font lacks is a box, not a hole', async (t) => {
  for (const text of ['路', '각']) {
    t.equal(drawText(text, 0, 0).match(/H4\.6V8H0Z/g)?.length, 1, text);
  }
});

t.test('letters with marks are drawn without them', async (t) => {
  t.equal(drawText('Straßé', 0, 0), drawText('Straße', 0, 0));
  t.equal(drawText('Hü\u0308gel', 0, 0), drawText('Hugel', 0, 0));
  t.equal(textWidth('ñÅ'), textWidth('nA'));
});

t.test('text is data, not markup', async (t) => {
  t.notMatch(drawText('<script>&"', 0, 0), /script|&|"<"/);
});
