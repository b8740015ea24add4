import { defineNetwork, type Network } from '../network.js';
import { type ConvOptions, LayerList } from './layer-list.js';

/** The stages of EfficientNet-Lite0: blocks, kernel, stride of the first block, expansion inside a block, filters. */
export const EFFICIENTNET_LITE0_STAGES = [
  { blocks: 1, kernel: 3, stride: 1, widening: 1, filters: 16 },
  { blocks: 2, kernel: 3, stride: 2, widening: 6, filters: 24 },
  { blocks: 2, kernel: 5, stride: 2, widening: 6, filters: 40 },
  { blocks: 3, kernel: 3, stride: 2, widening: 6, filters: 80 },
  { blocks: 3, kernel: 5, stride: 1, widening: 6, filters: 112 },
  { blocks: 4, kernel: 5, stride: 2, widening: 6, filters: 192 },
  { blocks: 1, kernel: 3, stride: 1, widening: 6, filters: 320 },
] as const;

const STEM_FILTERS = 32;

/** The stages whose sizes the decoder restores, smallest first, and its channels there. */
const DECODER = [
  { stage: 5, filters: 64, next: 64 },
  { stage: 3, filters: 64, next: 64 },
  { stage: 2, filters: 64, next: 32 },
  { stage: 1, filters: 32, next: 32 },
] as const;

/** The value with which the encoder was trained on ImageNet. */
const EPSILON = 1e-3;

/**
 * SegNet-EfficientNet, this project's own: SegNet's decoding by pooling indices after an encoder pretrained on ImageNet.
 *
 * The encoder is EfficientNet-Lite0 (Tan and Le, arXiv 1905.11946; the "Lite" form suits quantised kernels: no squeeze and
 * excitation, ReLU6) with plain ReLUs instead of ReLU6. It downsamples by strides, so it has no pools with indices. The decoder
 * therefore pools the encoder's maps, reduced by a 1x1 convolution, only for their indices, unpools by them and adds those
 * maps, as SegNet-Lite does.
 */
export function segnetEfficientnet(classes: number): Network {
  const net = new LayerList();

  function convBn(name: string, from: string, filters: number, kernel: number, options: ConvOptions = {}) {
    return net.batchNorm(`${name}_bn`, net.conv(name, from, filters, kernel, options), EPSILON);
  }

  /** An inverted residual block (Sandler et al., arXiv 1801.04381): expanded inside, its input added where shapes allow. */
  function block(name: string, from: string, channels: [number, number, number], kernel: number, stride: number) {
    const [before, inside, after] = channels;
    let map = from;
    if (inside > before) map = net.relu(`${name}_expand_relu`, convBn(`${name}_expand`, map, inside, 1));
    map = convBn(`${name}_depthwise`, map, inside, kernel, { stride, groups: inside });
    map = convBn(`${name}_project`, net.relu(`${name}_depthwise_relu`, map), after, 1);
    return stride === 1 && before === after ? net.add(`${name}_add`, map, from) : map;
  }

  let map = net.relu('stem_relu', convBn('stem', 'image', STEM_FILTERS, 3, { stride: 2 }));
  let channels: number = STEM_FILTERS;
  const stages = EFFICIENTNET_LITE0_STAGES.map(({ blocks, kernel, stride, widening, filters }, stage) => {
    for (let i = 1; i <= blocks; i += 1) {
      const name = `block${stage + 1}_${i}`;
      map = block(name, map, [channels, channels * widening, filters], kernel, i === 1 ? stride : 1);
      channels = filters;
    }
    return map;
  });

  map = net.convBnRelu('project', map, DECODER[0].filters, 1);
  for (const { stage, filters, next } of DECODER) {
    const lateral = net.convBnRelu(`lateral${stage}`, stages[stage - 1]!, filters, 1);
    const pool = net.maxPool(`pool${stage}`, lateral);
    map = net.add(`skip${stage}`, net.maxUnpool(`unpool${stage}`, map, pool), lateral);
    map = net.convBnRelu(`decoder${stage}`, map, next, 3);
  }
  net.deconv('classifier', map, classes, 2, 2, 'image', { bias: true });
  return defineNetwork({
    name: 'segnet-efficientnet',
    title: 'SegNet-EfficientNet',
    classes,
    layers: net.layers,
    decoderStart: 'project',
  });
}
