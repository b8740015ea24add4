import { defineNetwork, type Network } from '../network.js';
import { LayerList } from './layer-list.js';
import { VGG16_BLOCKS, vgg16 } from './segnet.js';

/**
 * DeconvNet (Noh et al., arXiv 1505.04366, section 3): VGG16 with its fully connected layers as convolutions of 4096 filters
 * (the SegNet paper: 1024), mirrored by a 7x7 transposed convolution, unpooling and 3x3 transposed convolutions, each with
 * batch norm and ReLU. The original's 7x7 layers read the 7x7 maps of a 224x224 proposal without padding; here they are padded, so that any size works.
 */
export function deconvnet(classes: number): Network {
  const net = new LayerList();
  const deconvBnRelu = (name: string, from: string, filters: number, kernel: number) =>
    net.relu(`${name}_relu`, net.batchNorm(`${name}_bn`, net.deconv(name, from, filters, kernel, 1, from)));
  let map = vgg16(net, (name, from, filters) => net.convBnRelu(name, from, filters, 3));
  map = net.convBnRelu('fc6', map, 4096, 7);
  map = net.convBnRelu('fc7', map, 4096, 1);
  map = deconvBnRelu('fc6_deconv', map, 512, 7);
  for (let block = VGG16_BLOCKS.length; block >= 1; block -= 1) {
    const [filters, convolutions] = VGG16_BLOCKS[block - 1]!;
    map = net.maxUnpool(`unpool${block}`, map, `pool${block}`);
    for (let i = 1; i <= convolutions; i += 1) {
      const next = VGG16_BLOCKS[block - 2]?.[0] ?? filters;
      map = deconvBnRelu(`deconv${block}_${i}`, map, i === convolutions ? next : filters, 3);
    }
  }
  net.conv('classifier', map, classes, 1, { bias: true });
  return defineNetwork({
    name: 'deconvnet',
    title: 'DeconvNet',
    classes,
    layers: net.layers,
    decoderStart: 'fc6_deconv',
  });
}
