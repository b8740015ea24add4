import { multiplyAdds } from '../cost.js';
import type { Network } from '../network.js';
import type { Size } from '../size.js';
import type { Augmentation } from './augment.js';

// The types of loss and optimizer are here, so that reading a recipe does not need TensorFlow's types.

/** CamVid's size, at which the recipes' magnifications are chosen, so that they mean the same for pictures of any size. */
export const REFERENCE_SIZE: Size = { width: 480, height: 360 };

/**
 * How much a pixel of each class weighs in the loss: `median` is the paper's median frequency balancing, `natural` is 1 for
 * all, `sqrt-median` is the square root of `median`, which raises rare classes without drowning the others.
 */
export type Balancing = 'median' | 'sqrt-median' | 'natural';

/** What is added to plain cross-entropy; 0 turns a part off. */
export interface LossSettings {
  /** The share of the target that is spread evenly over all classes. */
  readonly labelSmoothing: number;
  /** The factor of the region loss, which is added to the cross-entropy. */
  readonly regionLoss: number;
}

/** The update rule. `sgd` decays weights through the gradient, as Caffe does; `adamw` decouples decay from it (Loshchilov and Hutter, 2019). */
export type OptimizerSettings =
  | { readonly kind: 'sgd'; readonly momentum: number; readonly weightDecay: number }
  | {
      readonly kind: 'adamw';
      readonly beta1: number;
      readonly beta2: number;
      readonly epsilon: number;
      readonly weightDecay: number;
    };

/** All settings of a training, as data. They are stored in the checkpoint and on the weights' card. */
export interface Recipe extends LossSettings {
  readonly name: string;
  readonly epochs: number;
  readonly batch: number;
  /** The crop size up to each share of training: small and cheap early, large late. */
  readonly crops: readonly { readonly untilShare: number; readonly crop: Size }[];
  readonly augmentation: Augmentation;
  readonly balancing: Balancing;
  readonly optimizer: OptimizerSettings;
  readonly learningRate: number;
  /** `constant`, or `one-cycle`: linear warm-up over `warmupShare` of the steps, then half a cosine down to zero. */
  readonly schedule: 'constant' | 'one-cycle';
  readonly warmupShare: number;
  /** Decay of the moving average of the weights that is validated and kept; 0 keeps the weights themselves. */
  readonly averaging: number;
  /** Share of the training pictures that come from the extra data set. */
  readonly extraShare: number;
  /** The picture size of the weights: validation uses it, and the card gives it to engines as the size to fit frames into. */
  readonly inputSize: Size;
  /** The validation score that selects the epoch to keep; the paper uses global accuracy. */
  readonly selectBy: 'G' | 'mIoU';
  readonly validateEvery: number;
}

/** For networks cheap enough to be trained at nearly CamVid's size: segnet-lite, enet. docs/experiments.md has the comparisons. */
const compact = {
  name: 'compact',
  epochs: 130,
  batch: 8,
  crops: [
    { untilShare: 0.6, crop: { width: 192, height: 144 } },
    { untilShare: 1, crop: { width: 240, height: 180 } },
  ],
  augmentation: {
    scales: [0.45, 0.95],
    aspect: 0.15,
    flip: true,
    colour: 0.35,
    light: 0.8,
    noise: 0,
    blur: 0,
    mix: 0.5,
  },
  balancing: 'sqrt-median',
  labelSmoothing: 0,
  regionLoss: 1,
  optimizer: { kind: 'adamw', beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.03 },
  learningRate: 2e-3,
  schedule: 'one-cycle',
  warmupShare: 0.05,
  averaging: 0.995,
  extraShare: 0.1,
  inputSize: { width: 320, height: 240 },
  selectBy: 'mIoU',
  validateEvery: 10,
} as const satisfies Recipe;

/** To continue from weights of `compact`: larger crops, with the darkness, noise and blur of dashcams. */
const robust = {
  ...compact,
  name: 'robust',
  epochs: 8,
  crops: [{ untilShare: 1, crop: { width: 288, height: 216 } }],
  augmentation: { ...compact.augmentation, scales: [0.65, 1.2], colour: 0.5, light: 1, noise: 40, blur: 3 },
  learningRate: 6e-4,
  warmupShare: 0.1,
  averaging: 0.99,
  inputSize: { width: 384, height: 288 },
  validateEvery: 8,
} as const satisfies Recipe;

/** The recipes by name. */
export const recipes = {
  /**
   * Table 1 of the SegNet paper (section 3.2): SGD at 0.1 with momentum 0.9 (weight decay 5e-4 in the authors' solver), batches
   * of 12, whole pictures without augmentation, median frequency balancing, the epoch with the best global accuracy.
   *
   * Unlike the paper's, the loss is a weighted mean over pixels, not their sum; validation comes after every epoch, not after 1000
   * steps; pictures are normalised by mean and deviation, not by local contrast. The benchmarks of section 4 (Table 3) have other
   * settings: a learning rate of 1e-3, batches of 5, dropout, no class balancing.
   */
  paper: {
    name: 'paper',
    epochs: 100,
    batch: 12,
    crops: [{ untilShare: 1, crop: REFERENCE_SIZE }],
    augmentation: { scales: [1, 1], aspect: 0, flip: false, colour: 0, light: 0, noise: 0, blur: 0, mix: 0 },
    balancing: 'median',
    labelSmoothing: 0,
    regionLoss: 0,
    optimizer: { kind: 'sgd', momentum: 0.9, weightDecay: 5e-4 },
    learningRate: 0.1,
    schedule: 'constant',
    warmupShare: 0,
    averaging: 0,
    extraShare: 0,
    inputSize: REFERENCE_SIZE,
    selectBy: 'G',
    validateEvery: 1,
  },
  /** `compact` on pictures of a third to a half of CamVid's size, for networks that cost more: segnet-basic. */
  modern: {
    ...compact,
    name: 'modern',
    epochs: 60,
    crops: [{ untilShare: 1, crop: { width: 160, height: 120 } }],
    augmentation: { ...compact.augmentation, scales: [0.3, 0.55] },
    learningRate: 1.5e-3,
    inputSize: { width: 192, height: 144 },
    validateEvery: 5,
  },
  compact,
  robust,
  /** For encoders pretrained on ImageNet: `robust` from the start, and longer. */
  finetune: {
    ...robust,
    name: 'finetune',
    epochs: 80,
    crops: [{ untilShare: 1, crop: { width: 256, height: 192 } }],
    augmentation: { ...robust.augmentation, scales: [0.55, 1.15] },
    learningRate: 1.5e-3,
    inputSize: { width: 448, height: 336 },
    validateEvery: 20,
  },
} as const satisfies Record<string, Recipe>;

/** Multiply-adds for one picture of CamVid's size (480x360) below which a network can be trained in an evening on two cores. */
const COMPACT_BELOW = 10e9;

/** The recipe that suits a network: `compact` for those of few multiply-adds, else `modern`. */
export function suitableRecipe(network: Network): 'compact' | 'modern' {
  return multiplyAdds(network, REFERENCE_SIZE.height, REFERENCE_SIZE.width) < COMPACT_BELOW ? 'compact' : 'modern';
}

/** The learning rate of a step. */
export function learningRateAt(recipe: Recipe, step: number, steps: number): number {
  if (recipe.schedule === 'constant') return recipe.learningRate;
  const warmup = Math.max(1, Math.round(recipe.warmupShare * steps));
  if (step < warmup) return (recipe.learningRate * (step + 1)) / warmup;
  const share = (step - warmup) / Math.max(1, steps - warmup);
  return (recipe.learningRate * (1 + Math.cos(Math.PI * share))) / 2;
}

/** The crop of an epoch. */
export function cropAt({ crops, epochs }: Recipe, epoch: number): Size {
  return (crops.find(({ untilShare }) => epoch < untilShare * epochs) ?? crops.at(-1)!).crop;
}
