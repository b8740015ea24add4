import t from 'tap';
import { networkNames } from '../../model/networks/index.js';
import { publishedSizes } from '../../model/published.js';
import { describe, renderDescriptions } from '../../pipeline/describe.js';

t.test('describes every network at the paper’s size and classes unless told otherwise', async (t) => {
  const descriptions = describe();
  t.same(
    descriptions.map(({ name }) => name),
    networkNames,
  );
  for (const { name, width, height, classes, parameters, multiplyAdds, storedBytes, layers } of descriptions) {
    t.same([width, height, classes, layers], [480, 360, 11, undefined], name);
    t.ok(parameters > 0 && multiplyAdds > 0 && storedBytes >= 0, name);
  }
  const json = JSON.parse(JSON.stringify(descriptions));
  t.match(json[0], {
    name: 'segnet',
    parameters: 29_441_419,
    storageMultiplier: 1,
    published: { modelMegabytes: 117 },
  });
});

t.test('ratios to the published figures are within 3 %, or the reason is given', async (t) => {
  for (const { name, ratio, difference } of describe()) {
    if (ratio === null) t.notOk(publishedSizes.has(name), `${name} has no published size`);
    else t.equal(Math.abs(ratio - 1) > 0.03, difference !== undefined, `${name}: ${ratio}`);
  }
});

t.test('one network comes with its layers, which add up to it', async (t) => {
  const [segnet, ...others] = describe({ network: 'segnet-basic', size: { width: 61, height: 45 }, classes: 12 });
  t.same(others, []);
  const { layers = [], parameters, multiplyAdds, storedBytes } = segnet!;
  const sum = (of: (layer: (typeof layers)[number]) => number) => layers.reduce((total, layer) => total + of(layer), 0);
  t.equal(
    sum((layer) => layer.parameters),
    parameters,
  );
  t.equal(
    sum((layer) => layer.multiplyAdds),
    multiplyAdds,
  );
  t.equal(
    sum((layer) => layer.storedBytes),
    storedBytes,
  );
  t.match(layers.at(-1), { name: 'classifier', op: 'conv', output: { channels: 12, height: 45, width: 61 } });
  t.match(
    layers.find(({ op }) => op === 'maxUnpool'),
    { name: 'upsample4', reads: ['pool4'], indicesOf: 'pool4', output: { channels: 64, height: 6, width: 8 } },
  );
});

t.test('prints the overview beside the published figures, and one network’s layers above its line', async (t) => {
  const overview = renderDescriptions(describe());
  t.match(overview, /^segnet-basic +1\.416 +\(1\.425\) +5\.7 +0\.994 +59\.19 +918 +1 /m);
  t.match(overview, /^deconvnet .*\(877\) +1\.149/m);
  t.match(overview, /DeconvNet: The published 877 MB/);
  const table = renderDescriptions(describe({ network: 'segnet-basic' }));
  t.match(table, /^conv1 +conv +image +64x360x480 +9408 +1625\.702 +-$/m);
  t.match(table, /^upsample1 +maxUnpool +conv2_d_bn \(by pool1\) +64x360x480 +- +- +-$/m);
  t.match(table, /^pool1 .* 691$/m);
  t.equal(renderDescriptions([]), '');
});

t.test('an unknown network and an impossible number of classes are refused', async (t) => {
  t.throws(() => describe({ network: 'resnet-50' }), { code: 'NETWORK_UNKNOWN', message: /got resnet-50$/ });
  t.throws(() => describe({ network: 'segnet-light' }), {
    message: /got segnet-light \(Did you mean segnet-lite\?\)$/,
  });
  t.throws(() => describe({ classes: 1 }), { code: 'OPTION_INVALID' });
  const size = { width: Number.NaN, height: 1 };
  t.throws(() => describe({ size }), { code: 'OPTION_INVALID', message: /size\.width.*NaN/ });
});
