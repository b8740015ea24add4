import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { camvid11, sunRgbd37 } from '../../model/classes.js';
import { networkNames } from '../../model/networks/index.js';
import { table1, table2, table2Classes, table3, table4, table5, table6 } from '../../model/published.js';

t.test('tables name networks and classes that the project has', async (t) => {
  for (const { network } of [...table1, ...table3, ...table4, ...table6]) t.ok(networkNames.includes(network), network);
  t.same([...table2Classes].sort(), camvid11.classes.map(({ name }) => name).sort());
  t.same(
    Object.keys(table5),
    sunRgbd37.classes.map(({ name }) => name),
  );
});

t.test('the means that the paper states follow from its classes', async (t) => {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value) / values.length;
  const segnet = table2.find(({ method }) => method.startsWith('SegNet'))!;
  t.ok(Math.abs(mean(segnet.recall as number[]) - segnet.C) < 0.05);
  t.ok(Math.abs(mean(Object.values(table5)) - 44.76) < 0.1);
});

const seedDir = new URL('../../../shared/seed/', import.meta.url).pathname;
const absent = existsSync(seedDir) ? false : 'the seed review is not in ../shared/seed';

t.test('every number is the seed review’s', { skip: absent }, async (t) => {
  const lines = readFileSync(join(seedDir, readdirSync(seedDir)[0]!), 'utf8')
    .replaceAll(/<\/?b>/g, '')
    .split('\n');
  const numbers = (line: string) =>
    [...line.matchAll(/(?<![\w.[])\d+(?:\.\d+)?(?![\w.\]%])/g)].map(([text]) => Number(text));
  /** The number sequences of the rows that begin with `title`. */
  const rows = (title: string) =>
    lines.filter((line) => line.startsWith(`${title}\t`) || line.startsWith(`${title} [`)).map((line) => numbers(line));
  const scoresOf = ({ G, C, mIoU, BF }: { G: number; C: number; mIoU: number; BF: number | null }) =>
    BF === null ? [G, C, mIoU] : [G, C, mIoU, BF];
  const isIn = (title: string, expected: readonly number[]) =>
    t.ok(
      rows(title).some((row) => row.join() === expected.join()),
      `${title}: ${expected.join(' ')}`,
    );

  const titles1 = [
    'Bilinear-Interpolation',
    'SegNet-Basic',
    'SegNet-Basic-EncoderAddition',
    'SegNet-Basic-SingleChannelDecoder',
    'FCN-Basic',
    'FCN-Basic-NoAddition',
    'FCN-Basic-NoDimReduction',
    'FCN-Basic-NoAddition-NoDimReduction',
  ];
  for (const [index, row] of table1.entries()) {
    const storage = row.storageMultiplier === null ? [] : [row.storageMultiplier];
    const balanced = [row.medianFrequencyBalancing, row.naturalFrequencyBalancing].flatMap(({ test, train }) => [
      ...scoresOf(test),
      ...scoresOf(train),
    ]);
    isIn(titles1[index]!, [row.parameters / 1e6, ...storage, row.inferenceMs, ...balanced]);
  }

  for (const { method, recall, C, G, mIoU, BF } of table2) {
    const all = [...(recall ?? []), C, G, mIoU, BF].filter((value) => value !== null);
    isIn(method, all);
  }

  const titles: Readonly<Record<string, string>> = {
    segnet: 'SegNet',
    'deeplab-largefov': 'DeepLab-LargeFOV',
    fcn: 'FCN',
    'fcn-learnt-deconv': 'FCN (learnt deconv)',
    deconvnet: 'DeconvNet',
  };
  for (const { network, denseCrf, early, best } of [...table3, ...table4]) {
    const title = denseCrf ? 'DeepLab-LargeFOV-denseCRF' : titles[network]!;
    isIn(title, [...Object.values(early).flatMap((each) => (each === null ? [] : scoresOf(each))), ...scoresOf(best)]);
  }

  const all5 = Object.values(table5);
  const seen5 = lines.map((line) => numbers(line)).filter((row) => row.length >= 11 && all5.includes(row[0]!));
  t.same(seen5.flat(), all5);

  for (const { network, ...figures } of table6) {
    isIn(network === 'fcn-learnt-deconv' ? 'FCN (learn deconv)' : titles[network]!, Object.values(figures));
  }
});
