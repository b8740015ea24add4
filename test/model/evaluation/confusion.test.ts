import t from 'tap';
import { createConfusion, scoresOf } from '../../../model/evaluation/confusion.js';

const bytes = (...values: number[]) => Uint8Array.from(values);

t.test('scores two hand-counted pictures as one set, void left out', async (t) => {
  const confusion = createConfusion(3);
  confusion.add(bytes(0, 0, 1, 3), bytes(0, 1, 1, 2));
  confusion.add(bytes(0, 1, 2, 255), bytes(0, 1, 0, 0));
  t.same([...confusion.counts], [2, 1, 0, 0, 2, 0, 1, 0, 0]);

  const { G, C, mIoU, perClass } = scoresOf(confusion);
  t.equal(G, (100 * 4) / 6);
  t.same(perClass, [
    { recall: (100 * 2) / 3, IoU: 50 },
    { recall: 100, IoU: (100 * 2) / 3 },
    { recall: 0, IoU: 0 },
  ]);
  t.equal(C, ((100 * 2) / 3 + 100 + 0) / 3);
  t.equal(mIoU, (50 + (100 * 2) / 3 + 0) / 3);
});

t.test('leaves a class without truth out of C, but counts it in mIoU where it is predicted', async (t) => {
  const confusion = createConfusion(3);
  confusion.add(bytes(0, 0), bytes(0, 1));
  const { C, mIoU, perClass } = scoresOf(confusion);
  t.equal(C, 50);
  t.equal(mIoU, 25);
  t.ok(Number.isNaN(perClass[1]!.recall));
  t.equal(perClass[1]!.IoU, 0);
  t.ok(Number.isNaN(perClass[2]!.IoU));
});

t.test('gives NaN, null in JSON, where nothing is labelled', async (t) => {
  const confusion = createConfusion(2);
  confusion.add(bytes(2, 2), bytes(0, 1));
  t.match(JSON.parse(JSON.stringify(scoresOf(confusion))), { G: null, C: null, mIoU: null });
});

t.test('refuses masks of different lengths and predictions that are no class', async (t) => {
  const confusion = createConfusion(2);
  t.throws(() => confusion.add(bytes(0), bytes(0, 0)), { message: 'Expected masks of one length, got 1 and 2 pixels' });
  t.throws(() => confusion.add(bytes(0), bytes(2)), { message: 'Expected classes below 2 in a prediction, got 2' });
  t.doesNotThrow(() => confusion.add(bytes(2), bytes(7)), 'where the truth is void, anything may be predicted');
});
