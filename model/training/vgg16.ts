import { Failure } from '../failure.js';
import type { Network } from '../network.js';
import { elementCount, parametersOf } from '../parameters.js';
import { readSafetensors, type Tensor } from '../weights.js';

/** The places of the 13 convolutions in torchvision's `vgg16().features`, by their names here. */
const FEATURES: Readonly<Record<string, number>> = {
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
const CLASSIFIER: Readonly<Record<string, number>> = { fc6: 0, fc7: 3 };

/**
 * The weights from which the encoder of SegNet, FCN, DeepLab-LargeFOV or DeconvNet starts, out of a safetensors file of
 * VGG16 in torchvision's names (`features.0.weight`, ..., `classifier.3.bias`). Biases of convolutions that have none
 * here, as batch normalisation follows, are left out; so are the fully connected layers of a network that has none of
 * their size (DeepLab-LargeFOV's are narrower).
 *
 * @throws `Failure` `WEIGHTS_MISSING`, `WEIGHTS_INVALID`; `WEIGHTS_MISMATCH` naming the tensors that are missing or of
 * another shape; `OPTION_INVALID` for a network that has no VGG16 in it.
 */
export async function readVgg16(path: string, network: Network): Promise<Map<string, Tensor>> {
  const parameters = parametersOf(network).filter(({ layer }) => layer.name in FEATURES || layer.name in CLASSIFIER);
  if (!parameters.some(({ layer }) => layer.name === 'conv5_3')) {
    throw new Failure(
      'OPTION_INVALID',
      `Expected a network with the convolutions of VGG16 in it to start from it, got ${network.name}`,
    );
  }
  const { tensors } = await readSafetensors(path);
  const start = new Map<string, Tensor>();
  const faults: string[] = [];
  for (const { name, shape, layer } of parameters) {
    const part = name.slice(layer.name.length + 1);
    const isFeature = layer.name in FEATURES;
    const theirs = isFeature
      ? `features.${FEATURES[layer.name]}.${part}`
      : `classifier.${CLASSIFIER[layer.name]}.${part}`;
    const tensor = tensors.get(theirs);
    const fits = tensor !== undefined && tensor.data.length === elementCount(shape) && tensor.shape[0] === shape[0];
    if (fits) start.set(name, { shape, data: tensor.data });
    else if (isFeature)
      faults.push(tensor === undefined ? `${theirs} is missing` : `${theirs} is [${tensor.shape}], not [${shape}]`);
  }
  if (faults.length > 0) {
    throw new Failure(
      'WEIGHTS_MISMATCH',
      `Expected VGG16 in torchvision's names in ${path}, but ${faults.slice(0, 3).join('; ')}${faults.length > 3 ? `; and ${faults.length - 3} more` : ''}`,
    );
  }
  return start;
}
