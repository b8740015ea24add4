import { defineNetwork, type Network } from '../network.js';
import { LayerList } from './layer-list.js';
import { vgg16 } from './segnet.js';

/**
 * DeepLab-LargeFOV (Chen et al., arXiv 1412.7062, sections 3 and 5): VGG16 with 3x3 pools, the last two of stride 1, followed
 * by atrous convolutions (rate 2 in block 5, rate 12 in fc6), and 1024 filters where VGG16 has 4096. Scores at an eighth of the
 * size are interpolated; the CRF that may follow is not here. There is no batch norm, as in the original; the SegNet paper adds
 * it after each convolution (section 4).
 */
export function deeplabLargefov(classes: number): Network {
  const net = new LayerList();
  let map = vgg16(
    net,
    (name, from, filters, block) => net.convRelu(name, from, filters, 3, block === 5 ? 2 : 1),
    (name, from, block) => net.maxPool(name, from, 3, block <= 3 ? 2 : 1),
  );
  map = net.dropout('drop6', net.convRelu('fc6', map, 1024, 3, 12), 0.5);
  map = net.dropout('drop7', net.convRelu('fc7', map, 1024, 1), 0.5);
  map = net.conv('fc8', map, classes, 1, { bias: true });
  net.resizeBilinear('upsample', map, 'image');
  return defineNetwork({
    name: 'deeplab-largefov',
    title: 'DeepLab-LargeFOV',
    classes,
    layers: net.layers,
    decoderStart: 'upsample',
  });
}
