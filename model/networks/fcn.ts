import { defineNetwork, type Network } from '../network.js';
import { LayerList } from './layer-list.js';
import { vgg16 } from './segnet.js';

/**
 * FCN-8s (Long et al., arXiv 1411.4038): VGG16 with its fully connected layers as 7x7 and 1x1 convolutions; scores of fc7, pool4
 * and pool3 are upsampled and added, and the sum is upsampled eight times. There is no batch norm, as in the original; the SegNet
 * paper adds it after each convolution (section 4). The original pads the picture by 100 pixels, so
 * that its 7x7 window needs no padding; here the window itself is padded, so that any size works. With `learnt` false the
 * transposed convolutions stay bilinear interpolation ("FCN"); with true they are trained from it ("FCN (learnt deconv)" of the
 * SegNet paper's Table 3).
 */
export function fcn8s(classes: number, learnt: boolean): Network {
  const net = new LayerList();
  let map = vgg16(net, (name, from, filters) => net.convRelu(name, from, filters, 3));
  map = net.dropout('drop6', net.convRelu('fc6', map, 4096, 7), 0.5);
  map = net.dropout('drop7', net.convRelu('fc7', map, 4096, 1), 0.5);
  const score = (name: string, from: string) => net.conv(name, from, classes, 1, { bias: true });
  const [pool3, pool4] = [score('score_pool3', 'pool3'), score('score_pool4', 'pool4')];
  map = score('score', map);
  const upsampling = { initial: 'bilinear', learnt } as const;
  map = net.add('fuse_pool4', net.deconv('upscore2', map, classes, 4, 2, 'pool4', upsampling), pool4);
  map = net.add('fuse_pool3', net.deconv('upscore_pool4', map, classes, 4, 2, 'pool3', upsampling), pool3);
  net.deconv('upscore8', map, classes, 16, 8, 'image', upsampling);
  return defineNetwork({
    name: learnt ? 'fcn-learnt-deconv' : 'fcn',
    title: learnt ? 'FCN (learnt deconv)' : 'FCN',
    classes,
    layers: net.layers,
    decoderStart: 'upscore2',
  });
}
