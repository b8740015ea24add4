import t from 'tap';
import { defineNetwork } from '../../../model/network.js';
import { LayerList } from '../../../model/networks/layer-list.js';
import { parametersOf } from '../../../model/parameters.js';
import { fromTensorflow, toTensorflow } from '../../../model/training/layout.js';

t.test('kernels keep their numbers on the way to TensorFlow and back', async (t) => {
  const net = new LayerList();
  const depthwise = net.conv('depthwise', net.conv('dense', 'image', 4, [2, 3]), 4, 3, { groups: 4 });
  net.deconv('deconv', net.batchNorm('bn', depthwise), 5, 2, 2, 'image');
  const network = defineNetwork({ name: 'n', title: 'N', classes: 5, layers: net.layers, decoderStart: 'deconv' });
  const shapes: Record<string, number[]> = {
    dense: [2, 3, 3, 4],
    depthwise: [3, 3, 4, 1],
    deconv: [2, 2, 5, 4],
    bn: [4],
  };
  for (const parameter of parametersOf(network)) {
    const data = Float32Array.from({ length: parameter.shape.reduce((a, b) => a * b) }, (_, i) => i);
    const there = toTensorflow(parameter, { shape: parameter.shape, data });
    t.same(there.shape, shapes[parameter.layer.name]);
    t.same(fromTensorflow(parameter, there.data), { shape: parameter.shape, data });
  }
});

t.test('the kernel of a dense convolution is read as rows, columns, inputs, filters', async (t) => {
  const net = new LayerList();
  net.conv('conv', 'image', 2, 1);
  const network = defineNetwork({ name: 'n', title: 'N', classes: 2, layers: net.layers, decoderStart: 'conv' });
  const [parameter] = parametersOf(network);
  const tensor = { shape: [2, 3, 1, 1], data: Float32Array.of(1, 2, 3, 11, 12, 13) };
  t.same([...toTensorflow(parameter!, tensor).data], [1, 11, 2, 12, 3, 13]);
});
