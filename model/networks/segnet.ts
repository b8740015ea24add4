import { defineNetwork, type Network } from '../network.js';
import { LayerList } from './layer-list.js';

/** The 13 convolutions of VGG16 that SegNet uses: [filters, convolutions] of each block between two pools. */
export const VGG16_BLOCKS = [
  [64, 2],
  [128, 2],
  [256, 3],
  [512, 3],
  [512, 3],
] as const;

/**
 * Appends VGG16's convolutions (Simonyan and Zisserman, arXiv 1409.1556, configuration D), each made by `unit`, with a pool
 * made by `pool` after each block. Layers are named as in its Caffe model. Returns the last pool's name.
 */
export function vgg16(
  net: LayerList,
  unit: (name: string, from: string, filters: number, block: number) => string,
  pool = (name: string, from: string, _block: number): string => net.maxPool(name, from),
): string {
  let map = 'image';
  for (const [index, [filters, convolutions]] of VGG16_BLOCKS.entries()) {
    const block = index + 1;
    for (let i = 1; i <= convolutions; i += 1) map = unit(`conv${block}_${i}`, map, filters, block);
    map = pool(`pool${block}`, map, block);
  }
  return map;
}

/**
 * SegNet (Badrinarayanan et al., arXiv 1511.00561, section 3): VGG16's convolutions as encoder, where each block ends in a pool
 * whose argmax is kept; the decoder mirrors it, and each of its blocks begins with an unpool by those indices. The last
 * convolution gives the class scores.
 */
export function segnet(classes: number): Network {
  const net = new LayerList();
  let map = vgg16(net, (name, from, filters) => net.convBnRelu(name, from, filters, 3));
  for (let block = VGG16_BLOCKS.length; block >= 1; block -= 1) {
    const [filters, convolutions] = VGG16_BLOCKS[block - 1]!;
    map = net.maxUnpool(`unpool${block}`, map, `pool${block}`);
    for (let i = convolutions; i >= 2; i -= 1) map = net.convBnRelu(`conv${block}_${i}_d`, map, filters, 3);
    // A block's last convolution reduces the filters to those of the next block; that of the last block gives the scores.
    const next = VGG16_BLOCKS[block - 2]?.[0];
    map =
      next === undefined
        ? net.conv('classifier', map, classes, 3, { bias: true })
        : net.convBnRelu(`conv${block}_1_d`, map, next, 3);
  }
  return defineNetwork({ name: 'segnet', title: 'SegNet', classes, layers: net.layers, decoderStart: 'unpool5' });
}
