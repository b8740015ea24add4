import { defineNetwork, type Network } from '../network.js';
import { LayerList } from './layer-list.js';

/** Dilation of the residual blocks at an eighth of the input's size, in order. They widen the context without another pool. */
const CONTEXT = [1, 2, 1, 4, 1, 8, 2, 4];

/**
 * SegNet-Lite, this project's own: SegNet's decoding by pooling indices in a residual network small enough for two cores of a
 * CPU. Every convolution is dense and every activation a ReLU, because those are fast in quantised kernels and in training on a
 * CPU. It halves the size three times (first by a stride, as in ENet, then by two pools whose indices the decoder uses), has
 * dilated residual blocks at an eighth of the size, and a light decoder that adds the encoder's maps to the unpooled ones;
 * poles and signs need them. SegNet-Basic-EncoderAddition (paper, section 3.1) adds them to the convolved ones.
 */
export function segnetLite(classes: number): Network {
  const net = new LayerList();

  /** A 3x3 convolution with its input added. */
  function residual(name: string, from: string, channels: number, dilation: number, dropout: number) {
    const conv = net.conv(name, from, channels, 3, { dilation });
    const map = net.dropout(`${name}_drop`, net.batchNorm(`${name}_bn`, conv), dropout, true);
    return net.relu(`${name}_relu`, net.add(`${name}_add`, from, map));
  }

  const stem = net.concat('stem', [
    net.conv('stem_conv', 'image', 29, 3, { stride: 2 }),
    net.maxPool('stem_pool', 'image'),
  ]);
  const half = net.relu('stem_relu', net.batchNorm('stem_bn', stem));
  const pool1 = net.maxPool('pool1', half);
  let map = net.convBnRelu('conv2', pool1, 64, 3);
  for (const i of [1, 2]) map = residual(`res2_${i}`, map, 64, 1, 0.05);
  const quarter = map;
  const pool2 = net.maxPool('pool2', quarter);
  map = net.convBnRelu('conv3', pool2, 128, 3);
  CONTEXT.forEach((dilation, i) => {
    map = residual(`res3_${i + 1}`, map, 128, dilation, 0.1);
  });
  map = net.convBnRelu('project2', map, 64, 1);
  map = net.add('skip2', net.maxUnpool('unpool2', map, 'pool2'), quarter);
  map = net.convBnRelu('decoder2', map, 32, 3);
  map = net.add('skip1', net.maxUnpool('unpool1', map, 'pool1'), half);
  map = net.convBnRelu('decoder1', map, 32, 3);
  net.deconv('classifier', map, classes, 2, 2, 'image', { bias: true });
  return defineNetwork({
    name: 'segnet-lite',
    title: 'SegNet-Lite',
    classes,
    layers: net.layers,
    decoderStart: 'project2',
  });
}
