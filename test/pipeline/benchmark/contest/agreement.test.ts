import t from 'tap';
import { agreementOf, leastAgreement } from '../../../../pipeline/benchmark/contest/agreement.js';

t.test('agreement is the share of equal pixels; other sizes and nothing agree on nothing', async (t) => {
  const masks = Uint8Array.of(1, 2, 3, 4);
  t.equal(agreementOf(masks, masks), 1);
  t.equal(agreementOf(masks, Uint8Array.of(1, 2, 0, 4)), 0.75);
  t.equal(agreementOf(masks, Uint8Array.of(1, 2)), 0);
  t.equal(agreementOf(new Uint8Array(), new Uint8Array()), 0);
});

t.test('float32 has to agree wherever it runs; int8 may round', async (t) => {
  t.equal(leastAgreement('float32', 'packaged'), 0.999);
  t.ok(leastAgreement('float32', 'random') > 0.99);
  t.ok(leastAgreement('int8', 'random') < leastAgreement('int8', 'packaged'));
});
