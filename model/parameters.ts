import { Failure } from './failure.js';
import { applyRule, type Layer, type LayerRules } from './layer.js';
import type { Network } from './network.js';
import { elementCount, type Tensor } from './safetensors.js';
import { type Shape, shapesOf } from './shapes.js';

/** The role of a parameter in its layer. `mean` and `variance` are a batch normalisation's running statistics. */
export type ParameterRole = 'weight' | 'bias' | 'gamma' | 'beta' | 'mean' | 'variance' | 'slope';

/** One tensor of a network's weights. */
export interface Parameter {
  /** Its name in weights files, `conv1.weight`. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly role: ParameterRole;
  readonly layer: Layer;
  /** False for what gradient descent does not change: running statistics and fixed interpolation kernels. */
  readonly trainable: boolean;
  /** The number of inputs that are summed into one output of the layer, He's `n`; 1 where nothing is summed. */
  readonly fanIn: number;
}

type Rules = LayerRules<[shape: (name: string) => Shape], readonly Omit<Parameter, 'layer' | 'name'>[]>;

const none = () => [];

const RULES: Rules = {
  input: none,
  conv: ({ from, filters, kernel, groups, bias }, shape) => {
    const perGroup = shape(from).channels / groups;
    const fanIn = perGroup * kernel[0] * kernel[1];
    return [
      { shape: [filters, perGroup, ...kernel], role: 'weight', trainable: true, fanIn },
      ...(bias ? [{ shape: [filters], role: 'bias', trainable: true, fanIn } as const] : []),
    ];
  },
  deconv: ({ from, filters, kernel, stride, bias, learnt }, shape) => {
    const { channels } = shape(from);
    // Only every stride-th row and column of the kernel contributes to a given output.
    const fanIn = (channels * kernel[0] * kernel[1]) / stride ** 2;
    return [
      { shape: [channels, filters, ...kernel], role: 'weight', trainable: learnt, fanIn },
      ...(bias ? [{ shape: [filters], role: 'bias', trainable: learnt, fanIn } as const] : []),
    ];
  },
  maxPool: none,
  maxUnpool: none,
  batchNorm: ({ from }, shape) => {
    const each = { shape: [shape(from).channels], fanIn: 1 };
    return [
      { ...each, role: 'gamma', trainable: true },
      { ...each, role: 'beta', trainable: true },
      { ...each, role: 'mean', trainable: false },
      { ...each, role: 'variance', trainable: false },
    ];
  },
  relu: none,
  prelu: ({ from }, shape) => [{ shape: [shape(from).channels], role: 'slope', trainable: true, fanIn: 1 }],
  add: none,
  concat: none,
  resizeBilinear: none,
  padChannels: none,
  dropout: none,
};

/** The last part of a parameter's name, as in PyTorch. */
const SUFFIX: Readonly<Record<ParameterRole, string>> = {
  weight: 'weight',
  bias: 'bias',
  gamma: 'weight',
  beta: 'bias',
  mean: 'running_mean',
  variance: 'running_var',
  slope: 'weight',
};

/** Every tensor of a network's weights, in layer order, with the names and layouts that `layer.ts` describes. */
export function parametersOf(network: Network): readonly Parameter[] {
  // Parameters do not depend on the picture's size.
  const shapes = shapesOf(network, 64, 64);
  const shape = (name: string) => shapes.get(name)!;
  return network.layers.flatMap((layer) =>
    applyRule(RULES, layer, shape).map((each) => ({ ...each, name: `${layer.name}.${SUFFIX[each.role]}`, layer })),
  );
}

/**
 * Checks that all of a network's parameters are present in the right shape. Other tensors are ignored.
 *
 * @throws `Failure` `WEIGHTS_MISMATCH` that names the missing and wrongly shaped ones.
 */
export function checkWeights(network: Network, tensors: ReadonlyMap<string, Tensor>): void {
  const faults: string[] = [];
  for (const { name, shape } of parametersOf(network)) {
    const tensor = tensors.get(name);
    if (tensor === undefined) faults.push(`${name} is missing`);
    else if (tensor.shape.join() !== shape.join()) faults.push(`${name} is [${tensor.shape}], not [${shape}]`);
    else if (tensor.data.length !== elementCount(shape)) faults.push(`${name} holds ${tensor.data.length} numbers`);
  }
  if (faults.length === 0) return;
  const shown = faults.slice(0, 3).join('; ');
  const more = faults.length > 3 ? `; and ${faults.length - 3} more` : '';
  throw new Failure('WEIGHTS_MISMATCH', `Expected weights of ${network.name}, but ${shown}${more}`);
}
