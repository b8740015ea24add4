import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { camvid11, cityscapes19, pascalVoc21 } from '../../../model/classes.js';
import { colourBlindColours } from '../../../pipeline/options/colour-blind-colours.js';
import { applyPalette, presentClasses } from '../../../pipeline/options/palettes.js';

const { classes } = camvid11;
const colourOf = (labels: readonly { name: string; colour: readonly number[] }[], name: string) =>
  labels.find((label) => label.name === name)?.colour;

t.test('named palettes colour the classes of both road data sets, whatever they call them', async (t) => {
  t.equal(await applyPalette('--palette', 'weights', classes), classes, 'the colours of the weights are left alone');
  t.same(colourOf(await applyPalette('--palette', 'cityscapes', classes), 'side-walk'), [244, 35, 232]);
  t.same(colourOf(await applyPalette('--palette', 'cityscapes', classes), 'pedestrian'), [220, 20, 60]);
  t.same(colourOf(await applyPalette('--palette', 'camvid', cityscapes19.classes), 'vegetation'), [128, 128, 0]);
  t.same(
    colourOf(await applyPalette('--palette', 'camvid', cityscapes19.classes), 'train'),
    [0, 80, 100],
    'no such class in CamVid',
  );
});

t.test('a palette may be a JSON file or colours by name, of some classes alone', async (t) => {
  const path = join(t.testdir({}), 'palette.json');
  writeFileSync(path, `\uFEFF${JSON.stringify({ road: '#ff8000', car: [1, 2, 3] })}`);
  const coloured = await applyPalette('--palette', path, classes);
  t.same(colourOf(coloured, 'road'), [255, 128, 0]);
  t.same(colourOf(coloured, 'car'), [1, 2, 3]);
  t.same(colourOf(coloured, 'sky'), [128, 128, 128]);
  t.same(colourOf(await applyPalette('palette', { sky: [0, 0, 9] }, classes), 'sky'), [0, 0, 9]);
});

t.test('a class may be called as what every object has', async (t) => {
  const odd = ['constructor', '__proto__', 'road'].map((name) => ({ name, colour: [1, 2, 3] as const }));
  t.same(await applyPalette('--palette', 'camvid', odd), [
    ...odd.slice(0, 2),
    { name: 'road', colour: [128, 64, 128] },
  ]);
  const path = join(
    t.testdir({ 'palette.json': '{"__proto__": "#0000ff", "constructor": "#00ff00"}' }),
    'palette.json',
  );
  t.same(
    (await applyPalette('--palette', path, odd)).map(({ colour }) => colour),
    [
      [0, 255, 0],
      [0, 0, 255],
      [1, 2, 3],
    ],
  );
});

t.test('what is no palette is refused in one sentence', async (t) => {
  const folder = t.testdir({
    'list.json': '[]',
    'number.json': '7',
    'text.json': 'road = red',
    'colour.json': '{"road": "red"}',
    'name.json': '{"raod": "#000000"}',
  });
  const refusal = (choice: string) => applyPalette('--palette', choice, classes);
  await t.rejects(refusal('rainbow'), {
    code: 'OPTION_INVALID',
    message: /weights, camvid, cityscapes or colour-blind, or a JSON file that is there, got `rainbow`/,
  });
  await t.rejects(refusal(join(folder, 'list.json')), { code: 'PALETTE_INVALID', message: /got a list$/ });
  await t.rejects(refusal(join(folder, 'number.json')), { code: 'PALETTE_INVALID', message: /got 7$/ });
  await t.rejects(refusal(join(folder, 'text.json')), { code: 'PALETTE_INVALID', message: /got no JSON$/ });
  await t.rejects(refusal(join(folder, 'colour.json')), { code: 'PALETTE_INVALID', message: /got "red" for road/ });
  await t.rejects(refusal(join(folder, 'name.json')), { code: 'OPTION_INVALID', message: /got `raod`/ });
  await t.rejects(refusal(folder), { code: 'PALETTE_INVALID', message: /^Could not read the palette/ });
  await t.rejects(applyPalette('--palette', 'colour-blind', pascalVoc21.classes), {
    code: 'OPTION_INVALID',
    message: /21 classes/,
  });
});

t.test('the colours of the colour-blind palette stay apart in every kind of sight', async (t) => {
  t.same(colourOf(await applyPalette('--palette', 'colour-blind', classes), 'sky'), colourBlindColours[0]);
  for (const [sight, matrix] of Object.entries(SIGHTS)) {
    const seen = colourBlindColours.map((colour) => lab(matrix.map((row) => clamp(dot(row, colour.map(linear))))));
    const distances = seen.flatMap((one, index) => seen.slice(0, index).map((other) => distance(one, other)));
    t.ok(
      Math.min(...distances) > 31,
      `${sight}: nearest two differ by ${Math.min(...distances).toFixed(1)} in CIE Lab`,
    );
  }
});

t.test('classes are found by name, and void may be missing', async (t) => {
  t.same(presentClasses('--ignore-class', ['sky', 'car'], classes), ['sky', 'car']);
  t.same(presentClasses('--ignore-class', ['void'], classes), []);
  t.throws(() => presentClasses('--ignore-class', ['cars'], classes), {
    code: 'OPTION_INVALID',
    message: /among sky, .*, got `cars`$/,
  });
});

/** Machado, Oliveira and Fernandes (2009), severity 1, on linear RGB. */
const SIGHTS: Readonly<Record<string, readonly (readonly number[])[]>> = {
  normal: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

function linear(byte: number): number {
  const value = byte / 255;
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
}

function clamp(value: number): number {
  return Math.min(Math.max(value, 0), 1);
}

function dot(left: readonly number[], right: readonly number[]): number {
  return left.reduce((sum, value, index) => sum + value * right[index]!, 0);
}

function lab(rgb: readonly number[]): readonly number[] {
  const curve = (value: number) => (value > 0.008856 ? Math.cbrt(value) : 7.787 * value + 16 / 116);
  const x = curve(dot([0.4124, 0.3576, 0.1805], rgb) / 0.95047);
  const y = curve(dot([0.2126, 0.7152, 0.0722], rgb));
  const z = curve(dot([0.0193, 0.1192, 0.9505], rgb) / 1.08883);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

function distance(one: readonly number[], other: readonly number[]): number {
  return Math.hypot(...one.map((value, index) => value - other[index]!));
}
