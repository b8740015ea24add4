import t from 'tap';
import type { Add } from '../../../model/layer.js';
import { buildNetwork } from '../../../model/networks/index.js';
import { shapesOf } from '../../../model/shapes.js';

/** The inputs of every addition of a network, with the size of the maps at 480x360. */
function additionsOf(name: string): string[] {
  const network = buildNetwork(name, 11);
  const shapes = shapesOf(network, 360, 480);
  return network.layers
    .filter((layer): layer is Add => layer.op === 'add')
    .map(({ from, name: added }) => {
      const { channels, width, height } = shapes.get(added)!;
      return `${from.join(' + ')}: ${channels}x${width}x${height}`;
    });
}

t.test('the decoders of Table 1 add where the paper says (section 3.1 and Fig. 3)', async (t) => {
  t.same(
    additionsOf('segnet-basic-encoder-addition'),
    [
      'conv4_d_bn + conv4_relu: 64x60x45',
      'conv3_d_bn + conv3_relu: 64x120x90',
      'conv2_d_bn + conv2_relu: 64x240x180',
      'conv1_d_bn + conv1_relu: 64x480x360',
    ],
    'after the convolution',
  );
  t.same(
    additionsOf('fcn-basic'),
    ['upsample4 + reduce3: 11x60x45', 'upsample3 + reduce2: 11x120x90', 'upsample2 + reduce1: 11x240x180'],
    'the pooled maps, reduced',
  );
  t.same(additionsOf('fcn-basic-no-dim-reduction'), [
    'upsample4 + pool3: 64x60x45',
    'upsample3 + pool2: 64x120x90',
    'upsample2 + pool1: 64x240x180',
  ]);
  for (const name of ['segnet-basic', 'bilinear-interpolation', 'fcn-basic-no-addition']) t.same(additionsOf(name), []);
});
