import { optionInvalid } from '../model/check-option.js';
import { networkNames } from '../model/networks/index.js';
import type { Size } from '../model/size.js';
import { type Recipe, recipes } from '../model/training/recipe.js';
import type { TrainingEvent } from '../model/training/training-event.js';
import { checkByRule, checkByRules, type OptionRules } from './options/option-rule.js';
import { parseSize } from './options/size.js';

/** The options of `segnet-stream train`. */
export interface TrainingOptions {
  /** A network of `segnet-stream describe`. Defaults to the checkpoint's network when resuming, otherwise to `segnet-lite`. */
  readonly network?: string | undefined;
  /** The folder of a data set with a training and a validation split. */
  readonly data: string;
  /** The folder of a data set whose training pictures are mixed in, such as synthetic scenes. */
  readonly extra?: string | undefined;
  /** The class set of the data. Defaults to that of its layout or `dataset.json`. */
  readonly classes?: string | undefined;
  /** The folder for checkpoint, weights and log. */
  readonly out: string;
  /** Defaults to `compact` for networks with few multiply-adds, otherwise to `modern`. */
  readonly recipe?: keyof typeof recipes | undefined;
  /** Changes to the recipe. */
  readonly epochs?: number | undefined;
  readonly batch?: number | undefined;
  readonly learningRate?: number | undefined;
  readonly balancing?: Recipe['balancing'] | undefined;
  readonly selectBy?: Recipe['selectBy'] | undefined;
  readonly validateEvery?: number | undefined;
  /** One crop size for the whole training; may be a string, `240x180`. */
  readonly crop?: Size | string | undefined;
  /** The smallest and largest magnification of training pictures; may be a string, `0.5,1`. */
  readonly scales?: readonly [number, number] | string | undefined;
  /** The picture size of the weights; may be a string, `448x336`. */
  readonly inputSize?: Size | string | undefined;
  readonly seed?: number | undefined;
  /** Prefixes of picture names (`0006R0`). Matching pictures of the training set are held out and used for validation instead. */
  readonly holdOut?: readonly string[] | undefined;
  /**
   * A weights file of this project to start from. If it is for other classes, the layers whose shape depends on their number
   * start anew, and a `warning` says which.
   */
  readonly weights?: string | undefined;
  /** A safetensors file of VGG16 (torchvision's names) or EfficientNet-Lite0, trained on ImageNet, to initialise the encoder. */
  readonly pretrained?: string | undefined;
  /** Resumes from the checkpoint in `out`, with its recipe. */
  readonly resume?: boolean | undefined;
  /** Threads that read and crop pictures. @default 1 */
  readonly dataThreads?: number | undefined;
  /** The command that called this, for the card. */
  readonly command?: string | undefined;
  /** Saves a checkpoint and stops after the current step, or picture of a validation, which `resume` makes anew. */
  readonly signal?: AbortSignal | undefined;
  /** Called with every step, epoch and validation. */
  readonly onEvent?: ((event: TrainingEvent) => void) | undefined;
}

/** `TrainingOptions`, checked, with strings parsed. */
export interface CheckedTrainingOptions extends Omit<TrainingOptions, 'crop' | 'scales' | 'inputSize'> {
  readonly crop: Size | undefined;
  readonly scales: readonly [number, number] | undefined;
  readonly inputSize: Size | undefined;
}

const recipeNames = Object.keys(recipes);
const balancingNames: readonly Recipe['balancing'][] = ['median', 'sqrt-median', 'natural'];
const count = { min: 1, max: 1e9, integer: true };

/** The options of `train` except its required folders, in the order of its help. */
export const TRAINING_RULES: OptionRules<
  Exclude<keyof TrainingOptions, 'data' | 'out' | 'command' | 'signal' | 'onEvent'>
> = {
  network: {
    kind: 'text',
    value: 'name',
    choices: networkNames,
    help: `one of ${networkNames.join(', ')} (default: segnet-lite)`,
  },
  extra: {
    kind: 'text',
    value: 'folder',
    help: "a data set whose training pictures are mixed in by the recipe's share (synthetic scenes)",
  },
  classes: { kind: 'text', value: 'name', help: "class set (default: the data set's own)" },
  recipe: {
    kind: 'text',
    value: 'name',
    choices: recipeNames,
    help: `${recipeNames.join(', ')} (default: compact for networks of few multiply-adds, else modern)`,
  },
  epochs: { kind: 'number', value: 'n', range: count, help: "epochs (default: the recipe's)" },
  batch: { kind: 'number', value: 'n', range: count, help: "pictures a step (default: the recipe's)" },
  learningRate: {
    kind: 'number',
    value: 'x',
    range: { min: 0, max: 1000 },
    help: "peak learning rate (default: the recipe's)",
  },
  balancing: {
    kind: 'text',
    value: 'how',
    choices: balancingNames,
    help: `class weights: ${balancingNames.join(', ')} (default: the recipe's)`,
  },
  selectBy: {
    kind: 'text',
    value: 'score',
    choices: ['G', 'mIoU'],
    help: "the validation score that chooses the epoch: G or mIoU (default: the recipe's)",
  },
  validateEvery: {
    kind: 'number',
    value: 'n',
    range: count,
    help: "epochs between validations (default: the recipe's)",
  },
  crop: { kind: 'parsed', value: 'WxH', help: "one size of training crops (default: the recipe's)" },
  scales: {
    kind: 'parsed',
    value: 'a,b',
    help: "smallest and largest magnification of training pictures, as fitted into 480x360 (default: the recipe's)",
  },
  inputSize: {
    kind: 'parsed',
    value: 'WxH',
    help: "the picture size that the weights are for (default: the recipe's)",
  },
  seed: {
    kind: 'number',
    value: 'n',
    range: { ...count, min: 0 },
    help: 'seed of weights, shuffling and augmentation (default: 1)',
  },
  holdOut: {
    kind: 'list',
    value: 'prefixes',
    help: 'hold out the training pictures of these drives and validate on them',
  },
  weights: {
    kind: 'text',
    value: 'file',
    help: "start from these weights of the network; layers that depend on the classes start anew if those are others (default: He's initialisation)",
  },
  pretrained: {
    kind: 'text',
    value: 'file',
    help: 'start the encoder from one trained on ImageNet: safetensors of VGG16 or EfficientNet-Lite0 (docs/training.md)',
  },
  dataThreads: {
    kind: 'number',
    value: 'n',
    range: { min: 1, max: 64, integer: true },
    help: 'threads that read and cut pictures (default: 1; the log says how long steps waited)',
  },
  resume: { kind: 'flag', help: 'go on from the checkpoint in the folder, with its recipe' },
};

/** Checks every option. @throws `Failure` `OPTION_INVALID`. */
export function checkTrainingOptions(
  options: TrainingOptions,
  nameOf: (option: string) => string,
): CheckedTrainingOptions {
  checkByRules(options, TRAINING_RULES, nameOf);
  for (const folder of ['data', 'out'] as const)
    checkByRule(nameOf(folder), options[folder], { kind: 'text', help: '' });
  const { crop, scales, inputSize } = options;
  return {
    ...options,
    crop: crop === undefined ? undefined : parseSize(nameOf('crop'), crop),
    scales: scales === undefined ? undefined : parseScales(nameOf('scales'), scales),
    inputSize: inputSize === undefined ? undefined : parseSize(nameOf('inputSize'), inputSize),
  };
}

function parseScales(name: string, value: readonly [number, number] | string): readonly [number, number] {
  const parts =
    typeof value === 'string'
      ? value.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)))
      : Array.isArray(value)
        ? value
        : [];
  const [smallest = Number.NaN, largest = Number.NaN] = parts;
  if (parts.length === 2 && smallest >= 0.01 && largest <= 100 && smallest <= largest) return [smallest, largest];
  throw optionInvalid(name, 'two magnifications like 0.5,1', value);
}
