/**
 * Tables 1 to 6 of the SegNet paper (arXiv 1511.00561) in full: what this project's own measurements are set beside. `null` stands where the paper has "n/a" or "not computed".
 */

/** Scores in per cent. BF is null where it was not measured. */
export interface PublishedScores {
  readonly G: number;
  readonly C: number;
  readonly mIoU: number;
  readonly BF: number | null;
}

/** One decoder variant of Table 1 under one way of weighting the classes. */
interface BalancedScores {
  readonly test: PublishedScores;
  readonly train: PublishedScores;
}

/** What Table 1 of the paper says of a variant. */
export interface Table1Row {
  readonly network: string;
  readonly upsampling: 'fixed' | 'max-pooling indices' | 'learnt';
  readonly parameters: number;
  /** Memory kept from the encoder over that of the max-pooling indices. */
  readonly storageMultiplier: number | null;
  /** A GPU of 2015. */
  readonly inferenceMs: number;
  readonly medianFrequencyBalancing: BalancedScores;
  readonly naturalFrequencyBalancing: BalancedScores;
}

type Numbers3 = readonly [number, number, number];
type Numbers4 = readonly [number, number, number, number];

const scores = ([G, C, mIoU, BF]: Numbers4 | Numbers3): PublishedScores => ({ G, C, mIoU, BF: BF ?? null });

/** G, C, mIoU and BF on the test set, then G, C and mIoU on the training set. */
type Numbers7 = readonly [...Numbers4, ...Numbers3];

const testAndTrain = ([G, C, mIoU, BF, ...train]: Numbers7): BalancedScores => ({
  test: { G, C, mIoU, BF },
  train: scores(train),
});

const row1 = (
  network: string,
  upsampling: Table1Row['upsampling'],
  [parameters, storageMultiplier, inferenceMs]: readonly [number, number | null, number],
  median: Numbers7,
  natural: Numbers7,
): Table1Row => ({
  network,
  upsampling,
  parameters,
  storageMultiplier,
  inferenceMs,
  medianFrequencyBalancing: testAndTrain(median),
  naturalFrequencyBalancing: testAndTrain(natural),
});

/** Table 1: decoder variants on CamVid (367 training and 233 test images), parameters rounded as published. */
export const table1: readonly Table1Row[] = [
  row1(
    'bilinear-interpolation',
    'fixed',
    [625_000, 0, 24.2],
    [77.9, 61.1, 43.3, 20.83, 89.1, 90.2, 82.7],
    [82.7, 52.5, 43.8, 23.08, 93.5, 74.1, 59.9],
  ),
  row1(
    'segnet-basic',
    'max-pooling indices',
    [1_425_000, 1, 52.6],
    [82.7, 62.0, 47.7, 35.78, 94.7, 96.2, 92.7],
    [84.0, 54.6, 46.3, 36.67, 96.1, 83.9, 73.3],
  ),
  row1(
    'segnet-basic-encoder-addition',
    'max-pooling indices',
    [1_425_000, 64, 53.0],
    [83.4, 63.6, 48.5, 35.92, 94.3, 95.8, 92.0],
    [84.2, 56.5, 47.7, 36.27, 95.3, 80.9, 68.9],
  ),
  row1(
    'segnet-basic-single-channel-decoder',
    'max-pooling indices',
    [625_000, 1, 33.1],
    [81.2, 60.7, 46.1, 31.62, 93.2, 94.8, 90.3],
    [83.5, 53.9, 45.2, 32.45, 92.6, 68.4, 52.8],
  ),
  row1(
    'fcn-basic',
    'learnt',
    [650_000, 11, 24.2],
    [81.7, 62.4, 47.3, 38.11, 92.8, 93.6, 88.1],
    [83.9, 55.6, 45.0, 37.33, 92.0, 66.8, 50.7],
  ),
  row1(
    'fcn-basic-no-addition',
    'learnt',
    [650_000, null, 23.8],
    [80.5, 58.6, 44.1, 31.96, 92.5, 93.0, 87.2],
    [82.3, 53.9, 44.2, 29.43, 93.1, 72.8, 57.6],
  ),
  row1(
    'fcn-basic-no-dim-reduction',
    'learnt',
    [1_625_000, 64, 44.8],
    [84.1, 63.4, 50.1, 37.37, 95.1, 96.5, 93.2],
    [83.5, 57.3, 47.0, 37.13, 97.2, 91.7, 84.8],
  ),
  row1(
    'fcn-basic-no-addition-no-dim-reduction',
    'learnt',
    [1_625_000, 0, 43.9],
    [80.5, 61.6, 45.9, 30.47, 92.5, 94.6, 89.9],
    [83.7, 54.8, 45.5, 33.17, 95.0, 80.2, 67.8],
  ),
];

/** The classes of CamVid in the order of Table 2's columns. */
export const table2Classes = [
  'building',
  'tree',
  'sky',
  'car',
  'sign-symbol',
  'road',
  'pedestrian',
  'fence',
  'column-pole',
  'side-walk',
  'bicyclist',
] as const;

/** What Table 2 of the paper says of a method. */
export interface Table2Row {
  readonly method: string;
  readonly usesCrf: boolean;
  /** Recall in per cent in the order of `table2Classes`; null where the paper has none at all. */
  readonly recall: readonly (number | null)[] | null;
  /** Class average. */
  readonly C: number;
  /** Global average. */
  readonly G: number;
  readonly mIoU: number | null;
  readonly BF: number | null;
}

const row2 = (method: string, usesCrf: boolean, recall: Table2Row['recall'], C: number, G: number): Table2Row => ({
  method,
  usesCrf,
  recall,
  C,
  G,
  mIoU: null,
  BF: null,
});

/** Table 2: SegNet beside earlier methods on the 11 classes of CamVid. */
export const table2: readonly Table2Row[] = [
  row2('SfM+Appearance', false, [46.2, 61.9, 89.7, 68.6, 42.9, 89.5, 53.6, 46.6, 0.7, 60.5, 22.5], 53.0, 69.1),
  row2('Boosting', false, [61.9, 67.3, 91.1, 71.1, 58.5, 92.9, 49.5, 37.6, 25.8, 77.8, 24.7], 59.8, 76.4),
  row2('Dense Depth Maps', false, [85.3, 57.3, 95.4, 69.2, 46.5, 98.5, 23.8, 44.3, 22.0, 38.1, 28.7], 55.4, 82.1),
  row2('Structured Random Forests', false, null, 51.4, 72.5),
  row2('Neural Decision Forests', false, null, 56.1, 82.1),
  row2(
    'Local Label Descriptors',
    false,
    [80.7, 61.5, 88.8, 16.4, null, 98.0, 1.09, 0.05, 4.13, 12.4, 0.07],
    36.3,
    73.6,
  ),
  row2('Super Parsing', false, [87.0, 67.1, 96.9, 62.7, 30.1, 95.9, 14.7, 17.9, 1.7, 70.0, 19.4], 51.2, 83.3),
  {
    ...row2(
      'SegNet (3.5K dataset training - 140K)',
      false,
      [89.6, 83.4, 96.1, 87.7, 52.7, 96.4, 62.2, 53.45, 32.1, 93.3, 36.5],
      71.2,
      90.4,
    ),
    mIoU: 60.1,
    BF: 46.84,
  },
  row2('Boosting + pairwise CRF', true, [70.7, 70.8, 94.7, 74.4, 55.9, 94.1, 45.7, 37.2, 13.0, 79.3, 23.1], 59.9, 79.8),
  row2('Boosting+Higher order', true, [84.5, 72.6, 97.5, 72.7, 34.1, 95.3, 34.2, 45.7, 8.1, 77.6, 28.5], 59.2, 83.8),
  row2('Boosting+Detectors+CRF', true, [81.5, 76.6, 96.2, 78.7, 40.2, 93.9, 43.0, 47.6, 14.3, 81.5, 33.9], 62.5, 83.8),
];

/** Scores of one network after numbers of training iterations; the last is the best of all that were tried. */
export interface IterationsRow<Early extends string> {
  readonly network: string;
  readonly denseCrf: boolean;
  /** By iterations (`40K`); null where it was not computed. */
  readonly early: Readonly<Record<Early, PublishedScores | null>>;
  readonly best: PublishedScores;
  readonly maxIterations: number;
}

/** Makes the rows of a table whose early columns are `first` and `second`: 4 scores each, then the best 4. */
const iterationsRows =
  <Early extends string>(first: Early, second: Early) =>
  (network: string, maxIterations: number, numbers: readonly [...Numbers4, ...Numbers4, ...Numbers4]) => {
    const [a, b, c, d, e, f, g, h, ...best] = numbers;
    const early = { [first]: scores([a, b, c, d]), [second]: scores([e, f, g, h]) } as IterationsRow<Early>['early'];
    return { network, denseCrf: false, early, best: scores(best), maxIterations };
  };

const row3 = iterationsRows('40K', '80K');

/** Table 3: CamVid test after training on 3433 road scenes without class balancing. */
export const table3: readonly IterationsRow<'40K' | '80K'>[] = [
  row3('segnet', 140_000, [88.81, 59.93, 50.02, 35.78, 89.68, 69.82, 57.18, 42.08, 90.4, 71.2, 60.1, 46.84]),
  row3(
    'deeplab-largefov',
    140_000,
    [85.95, 60.41, 50.18, 26.25, 87.76, 62.57, 53.34, 32.04, 88.2, 62.53, 53.88, 32.77],
  ),
  {
    network: 'deeplab-largefov',
    denseCrf: true,
    early: { '40K': null, '80K': null },
    best: scores([89.71, 60.67, 54.74, 40.79]),
    maxIterations: 140_000,
  },
  row3('fcn', 200_000, [81.97, 54.38, 46.59, 22.86, 82.71, 56.22, 47.95, 24.76, 83.27, 59.56, 49.83, 27.99]),
  row3(
    'fcn-learnt-deconv',
    160_000,
    [83.21, 56.05, 48.68, 27.4, 83.71, 59.64, 50.8, 31.01, 83.14, 64.21, 51.96, 33.18],
  ),
  row3('deconvnet', 260_000, [85.26, 46.4, 39.69, 27.36, 85.19, 54.08, 43.74, 29.33, 89.58, 70.24, 59.77, 52.23]),
];

const row4 = iterationsRows('80K', '140K');

/** Table 4: SUN RGB-D, 37 classes, after training on 5250 indoor scenes, colour alone. */
export const table4: readonly IterationsRow<'80K' | '140K'>[] = [
  row4('segnet', 240_000, [70.73, 30.82, 22.52, 9.16, 71.66, 37.6, 27.46, 11.33, 72.63, 44.76, 31.84, 12.66]),
  row4('deeplab-largefov', 240_000, [70.7, 41.75, 30.67, 7.28, 71.16, 42.71, 31.29, 7.57, 71.9, 42.21, 32.08, 8.26]),
  {
    network: 'deeplab-largefov',
    denseCrf: true,
    early: { '80K': null, '140K': null },
    best: scores([66.96, 33.06, 24.13, 9.41]),
    maxIterations: 240_000,
  },
  row4('fcn-learnt-deconv', 200_000, [67.31, 34.32, 24.05, 7.88, 68.04, 37.2, 26.33, 9.0, 68.18, 38.41, 27.39, 9.68]),
  row4('deconvnet', 380_000, [59.62, 12.93, 8.35, 6.5, 63.28, 22.53, 15.14, 7.86, 66.13, 32.28, 22.57, 10.47]),
];

/** Table 5: recall in per cent of SegNet on the classes of SUN RGB-D, by their names in `model/classes.ts`. */
export const table5: Readonly<Record<string, number>> = {
  wall: 83.42,
  floor: 93.43,
  cabinet: 63.37,
  bed: 73.18,
  chair: 75.92,
  sofa: 59.57,
  table: 64.18,
  door: 52.5,
  window: 57.51,
  bookshelf: 42.05,
  picture: 56.17,
  counter: 37.66,
  blinds: 40.29,
  desk: 11.92,
  shelves: 11.45,
  curtain: 66.56,
  dresser: 52.73,
  pillow: 43.8,
  mirror: 26.3,
  'floor-mat': 0,
  clothes: 34.31,
  ceiling: 74.11,
  books: 53.77,
  fridge: 29.85,
  tv: 33.76,
  paper: 22.73,
  towel: 19.83,
  'shower-curtain': 0.03,
  box: 23.14,
  whiteboard: 60.25,
  person: 27.27,
  'night-stand': 29.88,
  toilet: 76,
  sink: 58.1,
  lamp: 35.27,
  bathtub: 48.86,
  bag: 16.76,
};

/** Time and memory of one network at 360x480. */
export interface Table6Row {
  readonly network: string;
  readonly forwardMs: number;
  readonly backwardMs: number;
  /** GPU memory at mini-batches of 4. */
  readonly trainingMegabytes: number;
  /** GPU memory at a mini-batch of 1. */
  readonly inferenceMegabytes: number;
  /** Millions of bytes of the Caffe model on disk. */
  readonly modelMegabytes: number;
}

const row6 = (network: string, ...numbers: readonly [...Numbers4, number]): Table6Row => {
  const [forwardMs, backwardMs, trainingMegabytes, inferenceMegabytes, modelMegabytes] = numbers;
  return { network, forwardMs, backwardMs, trainingMegabytes, inferenceMegabytes, modelMegabytes };
};

/** Table 6: `caffe time` with mini-batches of 1, mean of 10 iterations. */
export const table6: readonly Table6Row[] = [
  row6('segnet', 422.5, 488.71, 6803, 1052, 117),
  row6('deeplab-largefov', 110.06, 160.73, 5618, 1993, 83),
  row6('fcn-learnt-deconv', 317.09, 484.11, 9735, 1806, 539),
  row6('deconvnet', 474.65, 602.15, 9731, 1872, 877),
];

/** How large a network is by its paper, rounded as published. */
export interface PublishedSize {
  readonly parameters?: number;
  readonly modelMegabytes?: number;
  readonly storageMultiplier?: number | null;
}

/**
 * The published size of each network, by name: Tables 1 and 6, SegNet's 29.4 M, and for ENet the 0.37 M of
 * its own paper (arXiv 1606.02147). U-Net's paper gives none.
 */
export const publishedSizes: ReadonlyMap<string, PublishedSize> = new Map<string, PublishedSize>([
  ...table1.map(({ network, parameters, storageMultiplier }) => [network, { parameters, storageMultiplier }] as const),
  ...table6.map(({ network, modelMegabytes }) => [network, { modelMegabytes }] as const),
  ['segnet', { parameters: 29_400_000, modelMegabytes: 117 }],
  ['fcn', { modelMegabytes: 539 }],
  ['enet', { parameters: 370_000 }],
]);

/** Why the size of a network here is further than 3 % from the published one, by name. */
export const sizeDifferences: ReadonlyMap<string, string> = new Map([
  [
    'deconvnet',
    'The published 877 MB fit neither DeconvNet’s own layers of 4096 filters, of which fc6, fc7 and the transposed fc6 are 889 MB by themselves, nor the 1024 filters of the SegNet paper’s section 4 (328 MB in all).',
  ],
]);
