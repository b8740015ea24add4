import { env } from 'onnxruntime-node';
import t from 'tap';
import { calibrationOf } from '../../../model/calibration.js';
import { createOnnxEngine } from '../../../model/engines/onnx.js';
import { runPlain } from '../../../model/engines/plain.js';
import { int8Support } from '../../../model/engines/processor.js';
import { buildNetwork } from '../../../model/networks/index.js';
import { quantiseWeights, type Trial } from '../../../model/quantisation/quantise-weights.js';
import { agreement, narrow, randomWeights, testPictures } from '../engines/random-weights.js';

t.setTimeout(120_000);
env.logLevel = 'error';

const network = narrow(buildNetwork('fcn-basic-no-addition-no-dim-reduction', 11), 8);
const weights = randomWeights(network, 7);
// One as `decode` gives them, in shared memory.
const pictures = Object.values(testPictures(48, 32, 3))
  .slice(0, 2)
  .map((picture, i) => (i === 0 ? picture : { ...picture, data: shared(picture.data) }));

function shared(data: Uint8Array): Uint8Array {
  const copy = new Uint8Array(new SharedArrayBuffer(data.length));
  copy.set(data);
  return copy;
}

t.test('calibration tries several ways, keeps the best in the card, and the engine computes with it', async (t) => {
  const trials: Trial[] = [];
  const numbers: number[] = [];
  const mosts = new Set<number>();
  const quantised = await quantiseWeights(weights, {
    network,
    pictures,
    onTrial(trial, number, most) {
      trials.push(trial);
      numbers.push(number);
      mosts.add(most);
    },
  });
  t.same(
    numbers,
    trials.map((_, i) => i + 1),
  );
  t.ok(mosts.size === 1 && Math.max(...mosts) >= trials.length, 'there are never more than said');
  t.equal(quantised.tensors, weights.tensors, 'the weights themselves stay');
  const calibration = calibrationOf(quantised.card)!;
  const best = Math.max(...trials.map((trial) => trial.agreement));
  t.ok(trials.length >= 5);
  t.match(calibration, { method: trials.find((trial) => trial.agreement === best)!.method, float: [] });
  t.match(calibration.measured, { pictures: 2, agreement: best, loss: 100 - best, tolerance: 5 });
  t.same(quantised.measured, calibration.measured);
  t.strictSame(calibrationOf(JSON.parse(JSON.stringify(quantised.card))), calibration, 'it outlives a file');

  const engine = await createOnnxEngine({ weights: quantised, network, precision: 'int8' });
  t.teardown(() => engine.close());
  t.match(engine, {
    precision: 'int8',
    provider: 'cpu',
    description: /ONNX Runtime in int8, as asked, on the processor/,
  });
  const masks = await engine.segment(pictures);
  pictures.forEach((picture, i) => {
    t.ok(agreement(masks[i]!.data, runPlain(network, weights, picture).mask.data) > 0.9);
  });

  const automatic = await createOnnxEngine({ weights: quantised, network, provider: 'cpu' });
  t.teardown(() => automatic.close());
  t.equal(automatic.precision, int8Support().isFast ? 'int8' : 'float32', automatic.description);
});

t.test('layers stay in float32 where too much is lost, a few at most', async (t) => {
  const truths = pictures.map((picture) => runPlain(network, weights, picture).mask.data);
  const options = { network, pictures: pictures.slice(0, 1), truths: truths.slice(0, 1), tolerance: 0 };
  const tried = { number: 0, most: 0 };
  const { card } = await quantiseWeights(weights, {
    ...options,
    onTrial: (_, number, most) => Object.assign(tried, { number, most }),
  });
  t.ok(tried.number > 6 && tried.number <= tried.most, `${tried.number} of at most ${tried.most}`);
  const { float, measured } = calibrationOf(card)!;
  t.ok(float.length >= 1 && float.length <= 3, `${float}`);
  t.match(measured, { float32MIoU: 100, mIoU: Number });
});

t.test('what cannot be calibrated with is refused, and an abort stops', async (t) => {
  const invalid = { code: 'INPUT_INVALID' };
  await t.rejects(quantiseWeights(weights, { network, pictures: [] }), invalid);
  const other = Object.values(testPictures(8, 8, 1));
  await t.rejects(quantiseWeights(weights, { network, pictures: [...pictures, ...other] }), invalid);
  await t.rejects(quantiseWeights({ ...weights, tensors: new Map() }, { network, pictures }), {
    code: 'WEIGHTS_MISMATCH',
  });
  const picture = pictures[0]!;
  const cut = { ...picture, data: picture.data.subarray(3) };
  await t.rejects(quantiseWeights(weights, { network, pictures: [cut] }), invalid);
  const of = (...truths: Uint8Array[]) => quantiseWeights(weights, { network, pictures: [picture], truths });
  await t.rejects(of(), { ...invalid, message: /as many true masks as pictures \(1\), got 0$/ });
  await t.rejects(of(new Uint8Array(5)), { ...invalid, message: /true masks of 1536 pixels, got one of 5$/ });
  await t.rejects(of(new Uint8Array(48 * 32).fill(255)), { ...invalid, message: /got void alone$/ });
  const reason = new Error('enough');
  await t.rejects(quantiseWeights(weights, { network, pictures, signal: AbortSignal.abort(reason) }), reason);
});

t.test('a card with a calibration that is none is named', async (t) => {
  const card = { ...weights.card, calibration: { ranges: { conv1: [1, 'two'] }, float: [] } };
  t.throws(() => calibrationOf(card), { code: 'WEIGHTS_INVALID', message: /fcn-basic-no-addition-no-dim-reduction/ });
  t.equal(calibrationOf(weights.card), undefined);
  await t.rejects(createOnnxEngine({ weights: { ...weights, card }, network }), { code: 'WEIGHTS_INVALID' });
});
