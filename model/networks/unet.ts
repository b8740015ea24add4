import { defineNetwork, type Network } from '../network.js';
import { LayerList } from './layer-list.js';

/** Filters of the five levels (Ronneberger et al., figure 1). */
const LEVELS = [64, 128, 256, 512, 1024] as const;

/**
 * U-Net (Ronneberger et al., arXiv 1505.04597, section 2): the network that the paper's section 3 compares SegNet with, since
 * it copies whole feature maps where SegNet keeps indices. Convolutions are padded, so that no border is lost, and have batch
 * norm, as in the other networks here.
 */
export function unet(classes: number): Network {
  const net = new LayerList();
  let map = 'image';
  LEVELS.forEach((filters, index) => {
    const level = index + 1;
    if (level > 1) map = net.maxPool(`pool${level - 1}`, map);
    map = net.convBnRelu(`conv${level}_1`, map, filters, 3);
    map = net.convBnRelu(`conv${level}_2`, map, filters, 3);
  });
  for (let level = LEVELS.length - 1; level >= 1; level -= 1) {
    const filters = LEVELS[level - 1]!;
    const skip = `conv${level}_2_relu`;
    map = net.deconv(`up${level}`, map, filters, 2, 2, skip, { bias: true });
    map = net.concat(`concat${level}`, [skip, map]);
    map = net.convBnRelu(`conv${level}_1_d`, map, filters, 3);
    map = net.convBnRelu(`conv${level}_2_d`, map, filters, 3);
  }
  net.conv('classifier', map, classes, 1, { bias: true });
  return defineNetwork({ name: 'unet', title: 'U-Net', classes, layers: net.layers, decoderStart: 'up4' });
}
