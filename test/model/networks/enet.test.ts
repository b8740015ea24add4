import t from 'tap';
import { parameterCount } from '../../../model/cost.js';
import { buildNetwork } from '../../../model/networks/index.js';
import { shapesOf } from '../../../model/shapes.js';

t.test('every bottleneck is a quarter as wide inside as its output, those that change the size too', async (t) => {
  const network = buildNetwork('enet', 20);
  const shapes = shapesOf(network, 360, 640);
  const reduced = network.layers.filter(({ op, name }) => op === 'conv' && name.endsWith('_reduce'));
  t.equal(reduced.length, 27);
  for (const { name } of reduced) {
    const output = shapes.get(name.replace('_reduce', '_out'))!;
    t.equal(shapes.get(name)!.channels, output.channels / 4, name);
  }
  t.equal(Math.round(parameterCount(network) / 1000), 364, 'published: 0.37 M');
});
