import { EMPTY, from, lastValueFrom, of, toArray } from 'rxjs';
import t from 'tap';
import { pictureBytes, type SegmentedFrame } from '../../operators/frame.js';
import { createGate } from '../../operators/gate.js';
import { type OverlayOptions, overlay } from '../../operators/overlay.js';
import { paintPicture } from '../../operators/paint-picture.js';
import { recycle } from '../../operators/picture-memory.js';
import { rgbToYuv } from '../../operators/yuv.js';
import { fakeSegmentedFrame } from './fake-frame.js';

const draw = (frames: readonly SegmentedFrame[], options?: OverlayOptions) =>
  lastValueFrom(from(frames).pipe(overlay(options), toArray()));

/** A frame of one grey, the left half of its mask road, the right half car. */
function halves(changes: Partial<SegmentedFrame> = {}, [width, height] = [64, 48]): SegmentedFrame {
  const data = new Uint8Array(pictureBytes('yuv420p', width!, height!)).fill(128);
  const frame = fakeSegmentedFrame({
    picture: { width: width!, height: height!, pixelAspect: [4, 3], data, colour: { range: 'tv', matrix: 'bt709' } },
    mask: { width: 16, height: 12, data: Uint8Array.from({ length: 192 }, (_, at) => (at % 16 < 8 ? 0 : 1)) },
    shares: [0.5, 0.5],
    ...changes,
  });
  Object.freeze(frame.picture);
  return frame;
}

t.test('frames in order, each with its own picture, the source untouched', async (t) => {
  const frames = Array.from({ length: 6 }, (_, index) => halves({ index }, index % 2 ? [64, 48] : [320, 240]));
  const before = frames.map(({ picture }) => picture.data.slice());
  const drawn = await draw(frames);
  t.same(
    drawn.map(({ index }) => index),
    [0, 1, 2, 3, 4, 5],
  );
  for (const [n, { overlay: painted, picture, stepTimes }] of drawn.entries()) {
    t.match(painted, {
      width: picture.width,
      height: picture.height,
      pixelAspect: [4, 3],
      colour: { matrix: 'bt709' },
    });
    t.equal(painted.data.length, picture.data.length);
    t.same(picture.data, before[n], 'the picture is as it was');
    t.type(stepTimes.overlay, 'number');
  }
});

t.test('a route that recycles paints its frames into the same memory again', async (t) => {
  const paint = async (index: number) => (await draw([halves({ index }, [40, 30])]))[0]!;
  const first = await paint(0);
  const { data } = first.overlay;
  await lastValueFrom(of(first).pipe(recycle()));
  t.equal((await paint(1)).overlay.data, data);
});

t.test("colours are those of the classes, in the picture's own matrix and range, mixed by opacity", async (t) => {
  for (const [colour, opacity] of [
    [{ range: 'tv', matrix: 'bt709' }, 1],
    [{ range: 'pc', matrix: 'smpte170m' }, 1],
    [{ range: 'tv', matrix: 'bt709' }, 0.25],
  ] as const) {
    const frame = halves();
    const [{ overlay: painted }] = (await draw([{ ...frame, picture: { ...frame.picture, colour } }], { opacity })) as [
      Awaited<ReturnType<typeof draw>>[0],
    ];
    const luma = 64 * 48;
    const at = [64 * 24 + 4, luma + 32 * 12 + 2, luma + 32 * 24 + 32 * 12 + 2];
    const wanted = rgbToYuv([128, 64, 128], colour.matrix, colour.range).map((value) => 128 + (value - 128) * opacity);
    for (const [plane, place] of at.entries()) {
      t.ok(
        Math.abs(painted.data[place]! - wanted[plane]!) <= 1.5,
        `plane ${plane}: ${painted.data[place]} is ${wanted[plane]}`,
      );
    }
  }
});

t.test('classes that are left out show the source, and other colours can be given', async (t) => {
  const [frame] = await draw([halves()], { ignoreClasses: ['road'], palette: { car: [255, 255, 255] }, opacity: 1 });
  t.equal(frame!.overlay.data[64 * 24 + 4], 128);
  t.equal(frame!.overlay.data[64 * 24 + 60], 235);
  const [masked] = await draw([halves()], { visualize: 'mask', ignoreClasses: ['road'] });
  t.equal(masked!.overlay.data[64 * 24 + 4], 16, 'black, alone');
});

t.test('side by side: the source on the left, the classes on the right, odd widths too', async (t) => {
  for (const [width, height] of [
    [64, 48],
    [63, 47],
  ] as const) {
    const [frame] = await draw([halves({}, [width, height])], { visualize: 'side-by-side' });
    const { overlay: painted } = frame!;
    t.match(painted, { width: 128, height });
    t.equal(painted.data.length, pictureBytes('yuv420p', 128, height));
    t.equal(painted.data[128 * 20 + 60], 128, 'the source');
    const [y] = rgbToYuv([128, 64, 128], 'bt709', 'tv');
    t.equal(painted.data[128 * 20 + 68], y, 'the first class');
  }
});

t.test('overlay and mask beside each other, as jetson-inference has them', async (t) => {
  const [frame] = await draw([halves()], { visualize: 'overlay,mask', opacity: 0.25 });
  const { data, width } = frame!.overlay;
  t.equal(width, 128);
  const [y] = rgbToYuv([128, 64, 128], 'bt709', 'tv');
  t.ok(Math.abs(data[128 * 20 + 4]! - (128 + (y - 128) * 0.25)) <= 1, 'laid over the source');
  t.equal(data[128 * 20 + 68], y, 'alone');
});

t.test('the legend stands in the lower left corner and nowhere else', async (t) => {
  const frame = halves({}, [640, 480]);
  const [plain] = await draw([frame], { opacity: 0 });
  const [first, second] = await draw([frame, { ...frame, shares: [0.004, 0.996] }], { opacity: 0, legend: true });
  const changed = (a: Uint8Array, b: Uint8Array) => {
    const places = [...a.subarray(0, 640 * 480).keys()].filter((at) => a[at] !== b[at]);
    const [columns, rows] = [places.map((at) => at % 640), places.map((at) => Math.floor(at / 640))];
    return {
      count: places.length,
      left: Math.min(...columns),
      right: Math.max(...columns),
      top: Math.min(...rows),
      bottom: Math.max(...rows),
    };
  };
  const box = changed(first!.overlay.data, plain!.overlay.data);
  t.ok(box.count > 1000 && box.left >= 4 && box.right < 320 && box.top > 240 && box.bottom < 476, JSON.stringify(box));
  const shares = changed(first!.overlay.data, second!.overlay.data);
  t.ok(shares.count > 20 && shares.left > box.left + (box.right - box.left) / 2, 'only the shares change');
});

t.test('a legend is made smaller where the picture has no room for it', async (t) => {
  const classes = Array.from({ length: 30 }, (_, n) => ({
    name: `class number ${n} ü`,
    colour: [n * 8, 0, 0] as const,
  }));
  const [frame] = await draw([halves({ classes }, [200, 120])], { legend: true });
  t.equal(frame!.overlay.data.length, pictureBytes('yuv420p', 200, 120));
  const [tiny] = await draw([halves({ classes }, [2, 2])], { legend: true });
  t.equal(tiny!.overlay.data.length, 6);
});

t.test('classes may be called as what every object has, in the legend too', async (t) => {
  const { classes } = halves();
  const odd = ['constructor', '__proto__'].map((name, index) => ({ ...classes[index]!, name }));
  const options = { opacity: 1, legend: true };
  const [usual] = await draw([halves()], { opacity: 1 });
  const [frame] = await draw([halves({ classes: odd })], options);
  t.equal(frame!.overlay.data[10], usual!.overlay.data[10], 'the colour of the class');
});

t.test('what fails before the legend is drawn fails alone', async (t) => {
  const classes = halves().classes.map((label) => ({ ...label, colour: 5 as unknown as [number, number, number] }));
  await t.rejects(draw([halves({ classes })], { legend: true }), TypeError);
  // A legend that nobody awaits would end the process in the meantime.
  await new Promise((resolve) => setTimeout(resolve, 200));
});

t.test('the gate is held while the thread works, and given back on the way out', async (t) => {
  const gate = createGate(1);
  const subscription = from([halves({ gate })])
    .pipe(overlay())
    .subscribe();
  t.equal(gate.open, false);
  subscription.unsubscribe();
  t.equal(gate.open, true);
});

t.test('options that make no sense are refused by name', async (t) => {
  t.throws(() => overlay({ opacity: 1.1 }), { code: 'OPTION_INVALID', message: /opacity .*1\.1/ });
  t.throws(() => overlay({ opacity: Number.NaN }), { code: 'OPTION_INVALID' });
  t.throws(() => overlay({ visualize: 'x' as 'mask' }), { code: 'OPTION_INVALID', message: /visualize .*got `x`/ });
  for (const colour of [[300, -5, Number.NaN], '#ff0000', [1]]) {
    const palette = { road: colour as [number, number, number] };
    t.throws(() => overlay({ palette }), { code: 'OPTION_INVALID', message: /palette\.road/ });
  }
  const short = halves({ picture: { ...halves().picture, data: new Uint8Array(7) } });
  await t.rejects(draw([short]), { code: 'FRAME_INVALID', message: /of yuv420p for a picture of 64x48, got 7/ });
  for (const options of [{ ignoreClasses: ['Cra'] }, { palette: { Cra: [0, 0, 0] as const } }]) {
    await t.rejects(draw([halves()], options), {
      code: 'OPTION_INVALID',
      message: 'There is no class Cra; the network tells apart road, car',
    });
  }
  t.same(await lastValueFrom(EMPTY.pipe(overlay(), toArray())), []);
});

t.test('a picture that is a view of a larger buffer is cut out of it', async (t) => {
  const frame = halves();
  const large = new Uint8Array(10_000).fill(128);
  const picture = { ...frame.picture, data: large.subarray(100, 100 + frame.picture.data.length) };
  const [viewed] = await draw([{ ...frame, picture }]);
  const [whole] = await draw([frame]);
  t.same(viewed!.overlay.data, whole!.overlay.data);
  t.equal(large.length, 10_000);
});

t.test('painting alone needs no picture', async (t) => {
  const paint = { value: new Uint8Array(256).fill(50), opacity: new Uint8Array(256).fill(255) };
  const mask = { width: 1, height: 1, data: new Uint8Array(1) };
  const out = new Uint8Array(17);
  paintPicture({
    visualize: 'mask',
    width: 3,
    height: 3,
    data: undefined,
    mask,
    paints: [paint, paint, paint],
    out,
  });
  t.same(
    [...out],
    Array.from({ length: 17 }, () => 50),
  );
});
