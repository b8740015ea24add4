import t from 'tap';
import { calibrationOf } from '../../model/calibration.js';
import { buildNetwork } from '../../model/networks/index.js';
import { readWeights } from '../../model/weights.js';
import { packagedFile } from '../../pipeline/options/package-root.js';

t.test('a calibration has a range of each layer that needs one, or is refused by the layer’s name', async (t) => {
  const network = buildNetwork('segnet-lite', 11);
  const { card } = await readWeights(packagedFile('model', 'weights', 'segnet-lite.safetensors'));
  const calibration = calibrationOf(card, network)!;
  t.ok(Object.keys(calibration.ranges).length > 20);
  const refused = (changed: unknown, message: RegExp) =>
    t.throws(() => calibrationOf({ ...card, calibration: changed as Record<string, unknown> }, network), {
      code: 'WEIGHTS_INVALID',
      message,
    });
  const { conv3: _, ...others } = calibration.ranges;
  refused({ ...calibration, ranges: others }, /a range of conv3, found none/);
  refused({ ...calibration, ranges: {} }, /a range of/);
  refused({ ...calibration, ranges: { conv3: [1, 0] } }, /ranges of two numbers/);
  refused(null, /ranges of two numbers/);
  t.equal(calibrationOf({ ...card, calibration: undefined } as unknown as typeof card, network), undefined);
});
