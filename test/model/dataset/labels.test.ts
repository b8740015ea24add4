import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encode } from 'fast-png';
import sharp from 'sharp';
import t from 'tap';
import { type ClassSet, camvid11, camvid12, cityscapes19LabelIds, pascalVoc21 } from '../../../model/classes.js';
import { readLabels } from '../../../model/dataset/labels.js';

const grey = (values: readonly number[], width: number) =>
  encode({ width, height: values.length / width, channels: 1, depth: 8, data: Uint8Array.from(values) });

const rgb = (colours: readonly (readonly number[])[]) =>
  encode({ width: colours.length, height: 1, channels: 3, depth: 8, data: Uint8Array.from(colours.flat()) });

t.test('reads grey label images by their numbers, void included', async (t) => {
  const path = join(t.testdir(), 'grey.png');
  await writeFile(path, grey([0, 3, 11, 10, 1, 2], 3));
  t.same(await readLabels(path, camvid11), { width: 3, height: 2, data: Uint8Array.of(0, 3, 11, 10, 1, 2) });
});

t.test('maps the numbers of a data set to classes and void', async (t) => {
  const path = join(t.testdir(), 'ids.png');
  await writeFile(path, grey([7, 33, 0, 255], 4));
  t.same((await readLabels(path, cityscapes19LabelIds)).data, Uint8Array.of(0, 18, 255, 255));
});

t.test('reads palette images by index, at every bit depth, whatever the colours', async (t) => {
  const colours = Array.from({ length: 16 }, (_, index) => [index * 16, 255 - index, 7] as [number, number, number]);
  const dir = t.testdir();
  for (const depth of [1, 2, 4, 8] as const) {
    const values = Array.from({ length: 10 }, (_, i) => i % Math.min(2 ** depth, 12));
    const path = join(dir, `${depth}.png`);
    await writeFile(path, encodePalette(values, 5, depth, colours.slice(0, Math.min(16, 2 ** depth))));
    t.same(await readLabels(path, camvid12), { width: 5, height: 2, data: Uint8Array.from(values) }, `${depth} bits`);
  }
});

t.test('reads RGB label images by the colours of the classes, black as void where no class is black', async (t) => {
  const dir = t.testdir();
  await writeFile(
    join(dir, 'camvid.png'),
    rgb([
      [128, 64, 128],
      [0, 0, 0],
      [0, 128, 192],
    ]),
  );
  t.same((await readLabels(join(dir, 'camvid.png'), camvid11)).data, Uint8Array.of(3, 11, 10));
  await writeFile(
    join(dir, 'voc.png'),
    rgb([
      [0, 0, 0],
      [128, 0, 0],
    ]),
  );
  t.same((await readLabels(join(dir, 'voc.png'), pascalVoc21)).data, Uint8Array.of(0, 1));
});

t.test('an RGB label image that was given a palette to make it smaller is read by its colours', async (t) => {
  const dir = t.testdir();
  const [road, sky, bicyclist, black] = [3, 0, 10]
    .map((index) => [...camvid11.classes[index]!.colour])
    .concat([[0, 0, 0]]) as [number, number, number][];
  const path = join(dir, 'small.png');
  await writeFile(path, encodePalette([0, 1, 2, 3], 2, 2, [road!, sky!, bicyclist!, black!]));
  t.same((await readLabels(path, camvid11)).data, Uint8Array.of(3, 0, 10, 11));
  const voc = pascalVoc21.classes.slice(0, 4).map(({ colour }) => [...colour] as [number, number, number]);
  const grey4 = [0, 1, 2, 3].map((level) => [level, level, level] as [number, number, number]);
  const cases: [[number, number, number][], number[]][] = [
    [
      [road!, sky!, [1, 2, 3], black!],
      [0, 1, 2, 3],
    ],
    [voc, [0, 1, 3, 3]],
    [voc, [0, 1, 2, 3]],
    [grey4, [0, 0, 0, 0]],
    [
      [black!, black!, black!, black!],
      [0, 1, 1, 0],
    ],
  ];
  for (const [palette, numbers] of cases) {
    await writeFile(path, encodePalette(numbers, 2, 2, palette));
    t.same((await readLabels(path, camvid11)).data, Uint8Array.from(numbers), 'palettes of numbers are of numbers');
  }
});

t.test('drops transparency', async (t) => {
  const path = join(t.testdir(), 'alpha.png');
  await writeFile(path, encode({ width: 1, height: 1, channels: 4, depth: 8, data: Uint8Array.of(128, 64, 128, 9) }));
  t.same((await readLabels(path, camvid11)).data, Uint8Array.of(3));
});

t.test('names the file and the values that are no class', async (t) => {
  const dir = t.testdir();
  await writeFile(join(dir, 'grey.png'), grey([12, 12, 200, 1], 2));
  await t.rejects(readLabels(join(dir, 'grey.png'), camvid11), {
    code: 'LABELS_INVALID',
    message: `Expected labels of camvid-11 in ${join(dir, 'grey.png')}, got 12 (2 pixels), 200 (1 pixels)`,
  });
  await writeFile(join(dir, 'rgb.png'), rgb([[1, 2, 3]]));
  await t.rejects(readLabels(join(dir, 'rgb.png'), camvid11), {
    code: 'LABELS_INVALID',
    message: `Expected the colours of camvid-11 in ${join(dir, 'rgb.png')}, got (1, 2, 3) (1 pixels)`,
  });
  const noVoid: ClassSet = { ...camvid11, voidIndex: null };
  await writeFile(join(dir, 'black.png'), rgb([[0, 0, 0]]));
  await t.rejects(readLabels(join(dir, 'black.png'), noVoid), { code: 'LABELS_INVALID' });
});

t.test('refuses what is no label image: missing, empty, cut off, text, a folder, JPEG, 16 bits', async (t) => {
  const whole = grey(
    Array.from({ length: 64 * 64 }, (_, i) => (i * 7919) % 11),
    64,
  );
  const pixel = sharp({ create: { width: 8, height: 8, channels: 3, background: '#000' } });
  const dir = t.testdir({ 'empty.png': '', 'text.png': 'labels', 'folder.png': {} });
  await writeFile(join(dir, 'cut.png'), whole.subarray(0, whole.length / 2));
  await writeFile(
    join(dir, 'cut-palette.png'),
    encodePalette([0, 1, 1, 0], 2, 1, [
      [0, 0, 0],
      [1, 1, 1],
    ]).subarray(0, 60),
  );
  await writeFile(join(dir, 'lossy.jpg'), await pixel.clone().jpeg().toBuffer());
  await writeFile(
    join(dir, 'deep.png'),
    encode({ width: 1, height: 1, channels: 1, depth: 16, data: Uint16Array.of(3) }),
  );
  await t.rejects(readLabels(join(dir, 'none.png'), camvid11), {
    code: 'PICTURE_MISSING',
    message: /none\.png, found none$/,
  });
  for (const [name, why] of [
    ['empty.png', /but it is empty$/],
    ['text.png', /text\.png, but/],
    ['folder.png', /but it is a directory$/],
    ['cut.png', /cut\.png, but/],
    ['cut-palette.png', /cut-palette\.png, but/],
    ['lossy.jpg', /a JPEG, which blurs labels$/],
    ['deep.png', /its samples are ushort, not 8-bit$/],
  ] as const) {
    await t.rejects(readLabels(join(dir, name), camvid11), { code: 'PICTURE_INVALID', message: why }, name);
  }
});

/** A palette PNG: fast-png writes 8-bit indices, of which a smaller depth is made by packing rows beforehand. */
function encodePalette(
  values: readonly number[],
  width: number,
  depth: 1 | 2 | 4 | 8,
  palette: [number, number, number][],
) {
  const height = values.length / width;
  const rowBytes = Math.ceil((width * depth) / 8);
  const data = new Uint8Array(rowBytes * height);
  for (const [i, value] of values.entries()) {
    const bit = (i % width) * depth;
    data[Math.floor(i / width) * rowBytes + (bit >> 3)]! |= value << (8 - depth - (bit % 8));
  }
  return encode({ width, height, channels: 1, depth, data, palette });
}
