import type { Calibration, Range } from '../calibration.js';
import type { RgbPicture } from '../engine.js';
import { checkBatch } from '../engines/batch.js';
import { InferenceSession, pictureTensor } from '../engines/onnx-runtime.js';
import { int8Support } from '../engines/processor.js';
import { createConfusion, scoresOf } from '../evaluation/confusion.js';
import { Failure } from '../failure.js';
import type { Network } from '../network.js';
import { networkOf } from '../networks/network-of.js';
import { GRAPH_INPUT } from '../onnx/float-layers.js';
import { foldBatchNorm } from '../onnx/fold-batch-norm.js';
import { buildGraph } from '../onnx/graph.js';
import { buildInt8Graph } from '../onnx/int8-graph.js';
import type { Weights } from '../weights.js';
import type { Histogram } from './histogram.js';
import { observeLayers } from './observe.js';

/** The pictures and settings of a calibration. */
export interface QuantiseOptions {
  /** Pictures of one size, as the network will see them: a few dozen that are typical of its use. */
  readonly pictures: readonly RgbPicture[];
  /**
   * Their true masks, classes above the network's left out.
   *
   * Without them, int8 is judged by how many pixels agree with float32.
   */
  readonly truths?: readonly Uint8Array[];
  /**
   * How many points may be lost before layers are kept in float32: points of mIoU, plus a tenth for each per cent of pixels
   * that disagree; without truths, per cent of pixels that disagree.
   *
   * Defaults to 1 with truths and 5 without.
   */
  readonly tolerance?: number;
  /**
   * A custom network, whose parameters the weights hold. Defaults to the one that the weights' card names.
   */
  readonly network?: Network;
  /** Called with each calibration that was tried, its number from 1, and how many there are at most. */
  readonly onTrial?: (trial: Trial, number: number, most: number) => void;
  readonly signal?: AbortSignal;
}

/** The result of one calibration, in per cent. */
export interface Trial {
  readonly method: string;
  readonly float: readonly string[];
  /** The share of pixels that have the same class in int8 and float32. */
  readonly agreement: number;
  /** Present where there are true masks. */
  readonly mIoU?: number;
}

/** What was measured with the calibration that was kept. A weights file carries it in its card. */
export interface Measured {
  readonly pictures: number;
  /** Per cent of pixels that have the same class in int8 and float32. */
  readonly agreement: number;
  /** Per cent, in int8; present where there were true masks. */
  readonly mIoU?: number;
  /** The same in float32. */
  readonly float32MIoU?: number;
  /** The points that int8 loses, as `tolerance` counts them. */
  readonly loss: number;
  /** The points that were tolerated. */
  readonly tolerance: number;
}

/** The methods that are tried for choosing a layer's range from the observed values. */
const METHODS: Readonly<Record<string, (histogram: Histogram) => Range>> = {
  'all values': (histogram) => histogram.percentile(100),
  'percentile 99.999': (histogram) => histogram.percentile(99.999),
  'percentile 99.99': (histogram) => histogram.percentile(99.99),
  'percentile 99.9': (histogram) => histogram.percentile(99.9),
  'least squares': (histogram) => histogram.leastSquares(),
  entropy: (histogram) => histogram.entropy(),
};

/** At most this many layers stay in float32; with more it would hardly be an int8 network. */
const MOST_FLOAT_LAYERS = 3;

/**
 * Calibrates weights for int8: observes the values of each layer on the pictures, tries several methods of choosing ranges and
 * keeps the best. Where that loses too much, keeps the layers in float32 that help most. Returns the weights with the
 * calibration in their card, also where it still loses too much, and what was measured. Blocks the thread while it computes.
 *
 * @throws `Failure` `INPUT_INVALID` without pictures, with pictures of several sizes or whose data does not fit their size, and
 * for truths that do not match the pictures or hold only void; as `networkOf`; the signal's reason on abort.
 */
export async function quantiseWeights(
  weights: Weights,
  options: QuantiseOptions,
): Promise<Weights & { readonly measured: Measured }> {
  const { pictures, truths, signal, onTrial } = options;
  const network = networkOf(weights, options.network);
  const { width, height } = checkBatch(pictures);
  if (truths !== undefined) checkTruths(truths, pictures.length, width * height, network.classes);
  const size = { width, height, output: 'mask' } as const;
  const judge = judgeOf(
    network,
    await masksOf(buildGraph(network, weights, { ...size, unpool: 'indices' }), pictures, signal),
    truths,
  );

  const candidates = foldBatchNorm(network, weights.tensors).layers.filter(
    ({ op }) => op === 'conv' || op === 'deconv',
  );
  // One round of all candidates for each layer that may stay float32; each round has one candidate fewer.
  const rounds = Array.from(
    { length: Math.min(MOST_FLOAT_LAYERS, candidates.length) },
    (_, i) => candidates.length - i,
  );
  const most = Object.keys(METHODS).length + rounds.reduce((sum, count) => sum + count, 0);
  let tries = 0;

  async function attempt(calibration: Calibration): Promise<Attempt> {
    signal?.throwIfAborted();
    const masks = await masksOf(
      buildInt8Graph(network, weights, calibration, { ...size, limit: int8Support().weightLimit }),
      pictures,
      signal,
    );
    const trial = { method: calibration.method, float: calibration.float, ...judge.score(masks) };
    tries += 1;
    onTrial?.(trial, tries, most);
    return { calibration, trial, loss: judge.loss(trial) };
  }

  const histograms = await observeLayers(network, weights, pictures, signal);
  const attempts: Attempt[] = [];
  for (const [method, choose] of Object.entries(METHODS)) {
    const ranges = Object.fromEntries([...histograms].map(([name, histogram]) => [name, choose(histogram)]));
    attempts.push(await attempt({ method, ranges, float: [] }));
  }
  let best = leastLoss(attempts);
  const tolerance = options.tolerance ?? (truths === undefined ? 5 : 1);
  while (best.loss > tolerance && best.calibration.float.length < MOST_FLOAT_LAYERS) {
    const tried: Attempt[] = [];
    for (const { name } of candidates.filter((layer) => !best.calibration.float.includes(layer.name))) {
      tried.push(await attempt({ ...best.calibration, float: [...best.calibration.float, name] }));
    }
    const better = leastLoss(tried);
    if (better.loss >= best.loss) break;
    best = better;
  }
  const { agreement, mIoU } = best.trial;
  const { float32MIoU } = judge;
  const measured: Measured = {
    pictures: pictures.length,
    agreement,
    ...(mIoU !== undefined && float32MIoU !== undefined && { mIoU, float32MIoU }),
    loss: best.loss,
    tolerance,
  };
  return { ...weights, card: { ...weights.card, calibration: { ...best.calibration, measured } }, measured };
}

/** Refuses truths that would cause an error or a meaningless score minutes later. */
function checkTruths(truths: readonly Uint8Array[], pictures: number, pixels: number, classes: number): void {
  const invalid = (expected: string, got: string) => new Failure('INPUT_INVALID', `Expected ${expected}, got ${got}`);
  if (truths.length !== pictures) throw invalid(`as many true masks as pictures (${pictures})`, `${truths.length}`);
  const odd = truths.find(({ length }) => length !== pixels);
  if (odd !== undefined) throw invalid(`true masks of ${pixels} pixels`, `one of ${odd.length}`);
  if (!truths.some((truth) => truth.some((value) => value < classes)))
    throw invalid('true masks with pixels of the classes', 'void alone');
}

interface Attempt {
  readonly calibration: Calibration;
  readonly trial: Trial;
  readonly loss: number;
}

function leastLoss(attempts: readonly Attempt[]): Attempt {
  return attempts.reduce((best, attempt) => (attempt.loss < best.loss ? attempt : best));
}

/** Scores masks against those of float32 and, if given, against the truth. */
function judgeOf(network: Network, float32: readonly Uint8Array[], truths: readonly Uint8Array[] | undefined) {
  const mIoUOf = (masks: readonly Uint8Array[]) => {
    const confusion = createConfusion(network.classes);
    masks.forEach((mask, i) => {
      confusion.add(truths![i]!, mask);
    });
    return scoresOf(confusion).mIoU;
  };
  const float32MIoU = truths === undefined ? undefined : mIoUOf(float32);
  return {
    float32MIoU,
    score(masks: readonly Uint8Array[]) {
      let same = 0;
      let pixels = 0;
      masks.forEach((mask, i) => {
        const expected = float32[i]!;
        for (let j = 0; j < mask.length; j += 1) if (mask[j] === expected[j]) same += 1;
        pixels += mask.length;
      });
      const agreement = (100 * same) / pixels;
      return truths === undefined ? { agreement } : { agreement, mIoU: mIoUOf(masks) };
    },
    /**
     * The number of points lost. Where mIoU is measured, each per cent of pixels that disagree counts a tenth of a point,
     * because a few dozen pictures cannot tell smaller differences of mIoU from chance.
     */
    loss: ({ agreement, mIoU }: Pick<Trial, 'agreement' | 'mIoU'>) =>
      mIoU === undefined || float32MIoU === undefined ? 100 - agreement : float32MIoU - mIoU + (100 - agreement) / 10,
  };
}

async function masksOf(
  graph: Uint8Array,
  pictures: readonly RgbPicture[],
  signal?: AbortSignal,
): Promise<Uint8Array[]> {
  const session = await InferenceSession.create(graph, { graphOptimizationLevel: 'all' });
  try {
    const masks: Uint8Array[] = [];
    for (const picture of pictures) {
      signal?.throwIfAborted();
      const { mask } = await session.run({ [GRAPH_INPUT]: pictureTensor(picture) });
      masks.push((mask!.data as Uint8Array).slice());
      mask!.dispose();
    }
    return masks;
  } finally {
    await session.release();
  }
}
