import t from 'tap';
import { createPictureTimes } from '../../operators/picture-times.js';

/** The times, ms, that pictures get of those of the muxer, µs. */
function timesOf(muxedUs: readonly number[], frameRate = 25) {
  const steps: number[] = [];
  const times = createPictureTimes(
    () => frameRate,
    (atUs) => steps.push(atUs),
  );
  return { given: muxedUs.map((us) => times.next(us)), steps, isMended: times.isMended };
}

t.test('times that grow stay as they are', async (t) => {
  t.same(timesOf([-7000, 33_000, 500_000]), { given: [-7000, 33_000, 500_000], steps: [], isMended: false });
});

t.test('one slip is put half-way to the next, by the last gap where the rate varies', async (t) => {
  t.same(timesOf([0, 40_000, 40_001, 120_000]), { given: [0, 40_000, 60_000, 120_000], steps: [], isMended: false });
  t.same(timesOf([0, 33_000, 33_001, 66_000], 2).given, [0, 33_000, 49_500, 66_000]);
});

t.test('a clock that steps back goes on at the rate of the source, and is told of once', async (t) => {
  t.same(timesOf([0, 40_000, 40_001, 40_002, 40_003, 80_003]), {
    given: [0, 40_000, 60_000, 100_000, 140_000, 180_000],
    steps: [60_000],
    isMended: true,
  });
});
