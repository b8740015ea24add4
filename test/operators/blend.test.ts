import t from 'tap';
import { type Paint, paintPlane } from '../../operators/blend.js';

/** The same in floating point, pixel by pixel, as one would write it down. */
function paintPlainly(
  plane: Uint8Array,
  width: number,
  height: number,
  mask: { width: number; height: number; data: Uint8Array },
  paint: Paint,
) {
  return plane.map((before, at) => {
    const [x, y] = [at % width, Math.floor(at / width)];
    const place = (position: number, size: number, maskSize: number) =>
      Math.min(maskSize - 1, Math.max(0, ((position + 0.5) * maskSize) / size - 0.5));
    const [px, py] = [place(x, width, mask.width), place(y, height, mask.height)];
    let opacity = 0;
    let colour = 0;
    for (const [dx, dy] of [
      [0, 0],
      [1, 0],
      [0, 1],
      [1, 1],
    ] as const) {
      const [mx, my] = [Math.min(mask.width - 1, Math.floor(px) + dx), Math.min(mask.height - 1, Math.floor(py) + dy)];
      const [fx, fy] = [px - Math.floor(px), py - Math.floor(py)];
      const weight = (dx ? fx : 1 - fx) * (dy ? fy : 1 - fy);
      const index = mask.data[my * mask.width + mx]!;
      opacity += (weight * paint.opacity[index]!) / 255;
      colour += (weight * paint.opacity[index]! * paint.value[index]!) / 255;
    }
    return Math.round(before * (1 - opacity) + colour);
  });
}

function random(seed: number) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state >>> 8;
  };
}

const furthest = (a: Uint8Array, b: Uint8Array) =>
  a.reduce((most, value, at) => Math.max(most, Math.abs(value - b[at]!)), 0);

function makeCase(
  width: number,
  height: number,
  maskWidth: number,
  maskHeight: number,
  opacities: readonly number[],
  run = 3,
) {
  const next = random(width * 31 + height);
  const plane = Uint8Array.from({ length: width * height }, () => next() & 255);
  // Runs of a few pixels, as masks have them.
  const data = new Uint8Array(maskWidth * maskHeight);
  for (let at = 0; at < data.length; ) {
    const index = next() % opacities.length;
    for (let left = 1 + (next() % run); left > 0 && at < data.length; left--) data[at++] = index;
  }
  const paint = {
    value: Uint8Array.from({ length: 256 }, (_, index) => (index * 83 + 16) & 255),
    opacity: Uint8Array.from({ length: 256 }, (_, index) => opacities[index] ?? 0),
  };
  return { plane, mask: { width: maskWidth, height: maskHeight, data }, paint };
}

for (const [width, height, maskWidth, maskHeight] of [
  [64, 48, 16, 12],
  [67, 45, 16, 12],
  [321, 241, 480, 270],
  [33, 17, 33, 17],
  [5, 3, 1, 1],
  [1, 1, 7, 5],
  [50, 50, 3, 40],
] as const) {
  t.test(`${maskWidth}x${maskHeight} over ${width}x${height}: integers agree with plain arithmetic`, async (t) => {
    const { plane, mask, paint } = makeCase(width, height, maskWidth, maskHeight, [128, 128, 128, 128]);
    const wanted = paintPlainly(plane, width, height, mask, paint);
    paintPlane({ data: plane, offset: 0, stride: width, width, height }, mask, paint);
    t.ok(furthest(plane, wanted) <= 3, `off by ${furthest(plane, wanted)} of 255 at most`);
  });
}

t.test('classes that are left out show what is beneath, and do not tint the edge', async (t) => {
  const { plane, mask, paint } = makeCase(192, 96, 16, 8, [128, 0, 128], 6);
  const before = plane.slice();
  const wanted = paintPlainly(plane, 192, 96, mask, paint);
  paintPlane({ data: plane, offset: 0, stride: 192, width: 192, height: 96 }, mask, paint);
  t.ok(furthest(plane, wanted) <= 24, `off by ${furthest(plane, wanted)} of 255 at most`);
  const alone = { width: 16, height: 8, data: new Uint8Array(128).fill(1) };
  const untouched = before.slice();
  paintPlane({ data: untouched, offset: 0, stride: 192, width: 192, height: 96 }, alone, paint);
  t.same(untouched, before);
});

t.test('opacity 255 hides, 0 shows, exactly', async (t) => {
  const { plane, mask } = makeCase(40, 30, 8, 6, [0, 0]);
  const before = plane.slice();
  const flat = { ...mask, data: new Uint8Array(48) };
  const paint = (opacity: number) => ({
    value: new Uint8Array(256).fill(77),
    opacity: new Uint8Array(256).fill(opacity),
  });
  const place = { data: plane, offset: 0, stride: 40, width: 40, height: 30 };
  paintPlane(place, flat, paint(0));
  t.same(plane, before);
  paintPlane(place, flat, paint(255));
  t.ok(plane.every((value) => value === 77));
});

t.test('edges are ramps, not steps, in both directions', async (t) => {
  const mask = { width: 2, height: 2, data: Uint8Array.of(0, 1, 1, 1) };
  const paint = { value: Uint8Array.of(0, 200), opacity: new Uint8Array(256).fill(255) };
  const plane = new Uint8Array(32 * 32);
  paintPlane({ data: plane, offset: 0, stride: 32, width: 32, height: 32 }, mask, paint);
  const row = [...plane.subarray(0, 32)];
  const column = row.map((_, y) => plane[y * 32]!);
  for (const line of [row, column]) {
    t.ok(
      line.every((value, at) => at === 0 || (value >= line[at - 1]! && value - line[at - 1]! <= 15)),
      line.join(' '),
    );
  }
});

t.test('a mirrored mask gives a mirrored picture: nothing is shifted', async (t) => {
  const { mask, paint } = makeCase(64, 48, 16, 12, [255, 255, 255]);
  const mirrored = {
    ...mask,
    data: Uint8Array.from(mask.data, (_, at) => mask.data[at - (at % 16) + 15 - (at % 16)]!),
  };
  const draw = (which: typeof mask) => {
    const plane = new Uint8Array(64 * 48);
    paintPlane({ data: plane, offset: 0, stride: 64, width: 64, height: 48 }, which, paint);
    return plane;
  };
  const [one, other] = [draw(mask), draw(mirrored)];
  const turned = Uint8Array.from(other, (_, at) => other[at - (at % 64) + 63 - (at % 64)]!);
  t.ok(furthest(one, turned) <= 3);
});

t.test('only the plane is touched, not what lies around it', async (t) => {
  const { mask, paint } = makeCase(10, 6, 5, 3, [255, 255]);
  const data = new Uint8Array(400).fill(9);
  paintPlane({ data, offset: 23, stride: 20, width: 10, height: 6 }, mask, paint);
  for (let at = 0; at < data.length; at++) {
    const [x, y] = [(at - 23) % 20, Math.floor((at - 23) / 20)];
    if (at < 23 || x >= 10 || y >= 6) t.equal(data[at], 9);
  }
});
