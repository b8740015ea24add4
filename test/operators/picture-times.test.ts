import t from 'tap';
import { createLiveTimes, createPictureTimes } from '../../operators/picture-times.js';

/** The times, ms, that pictures get of those of the muxer, µs. */
function timesOf(muxedUs: readonly number[], frameRate = 25) {
  const steps: number[] = [];
  const times = createPictureTimes(
    () => frameRate,
    (atUs) => steps.push(atUs),
  );
  return { given: muxedUs.map((us) => times.next(us, 0)), steps, isMended: times.isMended };
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

/** The times, ms, of pictures of a camera: what its muxer says, and when they arrive, ms. */
function liveTimesOf(pictures: readonly (readonly [muxedMs: number, arrivedAt: number])[], hasClock = true) {
  const leaps: [number, boolean][] = [];
  const times = createLiveTimes(hasClock, (atUs, isAhead) => leaps.push([atUs / 1000, isAhead]));
  const given = pictures.map(([muxedMs, arrivedAt]) => times.next(muxedMs * 1000, arrivedAt) / 1000);
  return { given, leaps, isMended: times.isMended };
}

t.test("a camera's clock is followed while it can be right, whatever the network delays", async (t) => {
  const pictures = [
    [1000, 50],
    [1040, 52],
    [1080, 3050],
    [4000, 3051],
    [14_000, 13_051],
  ] as const;
  t.same(liveTimesOf(pictures), { given: pictures.map(([ms]) => ms), leaps: [], isMended: false });
});

t.test('one that leaps ahead goes on by arrival for that picture, and by its clock from there', async (t) => {
  const hours = 2 * 3_600_000;
  const pictures = [
    [0, 0],
    [40, 40],
    [hours, 100],
    [hours + 40, 200],
    [hours + 80, 230],
  ] as const;
  t.same(liveTimesOf(pictures), { given: [0, 40, 100, 140, 180], leaps: [[40, true]], isMended: true });
});

t.test('one that steps back goes on by arrival until the clock is past its old time', async (t) => {
  const pictures = [
    [0, 0],
    [40, 40],
    [40.001, 85],
    [40.002, 120],
    [80.002, 155],
  ] as const;
  t.same(liveTimesOf(pictures), { given: [0, 40, 85, 120, 155], leaps: [[85, false]], isMended: true });
});

t.test('times that a camera gives twice are nothing to tell of, and do not add up', async (t) => {
  const pictures = Array.from({ length: 250 }, (_, i) => {
    const ms = 40 * (i - (i % 2));
    return [i % 2 === 1 ? ms + 0.001 : ms, 40 * i] as const;
  });
  const { given, leaps } = liveTimesOf(pictures);
  t.same(leaps, []);
  t.equal(given.at(-1), 40 * 249);
});

t.test('key frames of a segment of HLS, which arrive together, are no leap', async (t) => {
  const pictures = [
    [0, 0],
    [6000, 200],
    [12_000, 12_000],
    [18_000, 12_200],
  ] as const;
  t.same(liveTimesOf(pictures), { given: [0, 6000, 12_000, 18_000], leaps: [], isMended: false });
});

t.test('a camera without a clock is timed by arrival', async (t) => {
  const pictures = [
    [0, 500],
    [40, 625],
    [80, 625],
    [120, 875],
  ] as const;
  t.same(liveTimesOf(pictures, false), { given: [0, 125, 125.001, 375.001], leaps: [], isMended: true });
});
