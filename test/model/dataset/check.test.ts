import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encode } from 'fast-png';
import sharp from 'sharp';
import t from 'tap';
import { checkDataset, checkDatasets } from '../../../model/dataset/check.js';
import { openDataset } from '../../../model/dataset/dataset.js';
import { medianFrequencyWeights } from '../../../model/dataset/frequencies.js';
import { readPicture } from '../../../model/dataset/picture.js';

const grey = (values: readonly number[], width: number) =>
  encode({ width, height: values.length / width, channels: 1, depth: 8, data: Uint8Array.from(values) });

async function plant(dir: string, pairs: Readonly<Record<string, readonly [Uint8Array | null, Uint8Array | null]>>) {
  await mkdir(join(dir, 'train'));
  await mkdir(join(dir, 'trainannot'));
  for (const [name, [image, labels]] of Object.entries(pairs)) {
    if (image !== null) await writeFile(join(dir, 'train', name), image);
    if (labels !== null) await writeFile(join(dir, 'trainannot', name), labels);
  }
  return openDataset(dir, 'train');
}

t.test('a sound data set passes, with its frequencies and a warning for classes that never appear', async (t) => {
  const dataset = await plant(t.testdir(), {
    'a.png': [grey([0, 0, 0, 0], 2), grey([0, 0, 1, 11], 2)],
    'b.png': [grey([0, 0], 2), grey([1, 1], 2)],
  });
  const seen: number[] = [];
  const { warnings, frequencies } = await checkDataset(dataset, {
    onProgress: (done, total) => seen.push(done / total),
  });
  t.same(seen, [0.5, 1]);
  t.equal(warnings.length, 1);
  t.match(warnings[0], /^The labels for .*\(train\) have no pixel of column-pole, road, .*bicyclist$/);
  t.same(frequencies.pixels.slice(0, 3), [2, 3, 0]);
  t.same(frequencies.pixelsWherePresent.slice(0, 3), [4, 6, 0]);
  t.same(frequencies.images.slice(0, 3), [1, 2, 0]);
  // Both frequencies are one half, so both weights are 1; what never occurs weighs nothing.
  t.same(medianFrequencyWeights(frequencies).slice(0, 3), [1, 1, 0]);
});

t.test('lists every kind of problem with the file that has it', async (t) => {
  // Its header is whole: only who reads it to its end finds out.
  const cut = grey([10, 20, 30, 40, 50, 60], 2).subarray(0, 50);
  const dataset = await plant(t.testdir(), {
    'alone.png': [grey([0], 1), null],
    'broken.png': [grey([0], 1), Uint8Array.of(1, 2, 3)],
    'labels.png': [grey([0, 0], 2), grey([0, 12], 2)],
    'left_L.png': [null, grey([0], 1)],
    'size.png': [grey([0, 0], 2), grey([0, 0], 1)],
    'truncated.png': [cut, grey([0, 0, 0, 0, 0, 0], 2)],
  });
  const failure = await checkDataset(dataset).then(
    () => t.fail('it passed'),
    (error) => error,
  );
  t.equal(failure.code, 'DATASET_INVALID');
  const lines: string[] = failure.message.split('\n');
  t.equal(lines.length, 7);
  t.match(lines[1], /train\/alone\.png has no other half: looked for alone\.png \(or with .*_L.*\) in .*trainannot$/);
  t.match(lines[2], /trainannot\/left_L\.png has no other half: looked for left\.png \(or .*\) in .*train$/);
  t.match(lines[3], /trainannot\/broken\.png, but it is none that can be read: PNG,/);
  t.match(lines[4], /trainannot\/labels\.png, got 12 \(1 pixels\)$/);
  t.match(lines[5], /train\/size\.png is 2x1, its labels .*trainannot\/size\.png are 1x2$/);
  t.match(lines[6], /train\/truncated\.png, but it is cut off or damaged$/);
});

t.test('shows ten problems and counts the others', async (t) => {
  const pairs = Object.fromEntries(
    Array.from({ length: 13 }, (_, i) => [`${i}.png`, [grey([0], 1), grey([99], 1)] as const]),
  );
  const dataset = await plant(t.testdir(), pairs);
  await t.rejects(checkDataset(dataset), { message: /got 99 \(1 pixels\)\n {2}and 3 more$/ });
});

t.test('labels that are all void are refused', async (t) => {
  const dataset = await plant(t.testdir(), { 'a.png': [grey([0, 0], 2), grey([11, 11], 2)] });
  await t.rejects(checkDataset(dataset), {
    code: 'DATASET_INVALID',
    message: /labels for .* \(train\), but every pixel of them is void/,
  });
});

t.test('a data set of nothing is refused', async (t) => {
  const dataset = await plant(t.testdir(), { 'a.png': [grey([0], 1), grey([0], 1)] });
  await t.rejects(checkDataset({ ...dataset, items: [] }), { code: 'DATASET_INVALID', message: /it has no images/ });
});

t.test('pictures read as RGB whatever they were, with the failures that name the file', async (t) => {
  const dir = t.testdir({ 'text.png': 'no picture' });
  await writeFile(join(dir, 'grey.png'), grey([9, 200], 2));
  await writeFile(
    join(dir, 'alpha.png'),
    encode({ width: 1, height: 1, channels: 4, depth: 8, data: Uint8Array.of(1, 2, 3, 0) }),
  );
  await writeFile(
    join(dir, 'deep.png'),
    encode({ width: 1, height: 1, channels: 3, depth: 16, data: Uint16Array.of(65535, 32896, 0) }),
  );
  const pixels = async (name: string) => [...(await readPicture(join(dir, name))).data];
  t.same(await pixels('grey.png'), [9, 9, 9, 200, 200, 200]);
  t.same(await pixels('alpha.png'), [1, 2, 3]);
  t.same(await pixels('deep.png'), [255, 128, 0]);
  await sharp({ create: { width: 4, height: 2, channels: 3, background: 'red' } })
    .withMetadata({ orientation: 6 })
    .toFile(join(dir, 'turned.jpg'));
  t.match(await readPicture(join(dir, 'turned.jpg')), { width: 2, height: 4 }, 'upright');
  await t.rejects(readPicture(join(dir, 'text.png')), {
    code: 'PICTURE_INVALID',
    message: /text\.png, but it is none that can be read/,
  });
  await t.rejects(readPicture(join(dir, 'none.png')), { code: 'PICTURE_MISSING' });
  const noise = Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => (i * 97) % 251);
  const picture = sharp(noise, { raw: { width: 64, height: 64, channels: 3 } });
  for (const format of ['jpeg', 'png', 'webp', 'gif', 'avif'] as const) {
    const whole = await picture.clone().toFormat(format).toBuffer();
    const path = join(dir, `cut.${format}`);
    await writeFile(path, whole.subarray(0, whole.length * 0.7));
    const failure = { code: 'PICTURE_INVALID', message: `Expected an image at ${path}, but it is cut off or damaged` };
    await t.rejects(readPicture(path), failure);
    await t.rejects(readPicture(path), { cause: { message: /./ } }, 'what the library said is kept');
  }
});

const camvid = new URL('../../../../shared/data/camvid/', import.meta.url).pathname;
const absent = existsSync(camvid) ? false : 'CamVid is not in ../shared/data';

t.test('CamVid: the weights of median frequency balancing are the published formula’s', { skip: absent }, async (t) => {
  const { frequencies, warnings } = await checkDataset(await openDataset(camvid, 'train'));
  t.same(warnings, []);
  const weights = medianFrequencyWeights(frequencies).map((weight) => Number(weight.toFixed(4)));
  t.same(weights, [0.2793, 0.2017, 4.7865, 0.149, 1, 0.4217, 3.8467, 1.9736, 0.7889, 6.3747, 8.8587]);
});

t.test('several data sets are read to their end, and what is wrong is told of all', async (t) => {
  const [first, second] = [t.testdir({ one: {}, two: {} })].flatMap((dir) => [join(dir, 'one'), join(dir, 'two')]);
  const sets = [
    await plant(first!, { 'a.png': [grey([0], 1), Uint8Array.of(1)], 'b.png': [grey([0], 1), grey([0], 1)] }),
    await plant(second!, { 'c.png': [grey([0], 1), null], 'd.png': [null, grey([0], 1)] }),
  ];
  const seen: string[] = [];
  const onProgress = (done: number, total: number) => seen.push(`${done}/${total}`);
  await t.rejects(checkDatasets(sets, { onProgress }), {
    code: 'DATASET_INVALID',
    message: /one\/trainannot\/a\.png[\s\S]*two\/train\/c\.png/,
  });
  t.same(seen, ['1/2', '2/2']);
  await t.rejects(checkDatasets(sets, { signal: AbortSignal.abort(new Error('enough')) }), /enough/);
});
