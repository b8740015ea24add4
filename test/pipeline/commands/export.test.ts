import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { createEngine } from '../../../model/engines/index.js';
import { int8Support } from '../../../model/engines/processor.js';
import { readWeights } from '../../../model/weights.js';
import { peersPython } from '../../../pipeline/benchmark/peers.js';
import { packagedFile } from '../../../pipeline/options/package-root.js';
import { agreement, testPictures } from '../../model/engines/random-weights.js';
import { runCli } from '../built-cli.js';

const python = existsSync(peersPython()) ? peersPython() : 'python3';
const [width, height] = [60, 44];
/** As this processor's engine has it, and the same library in Python. */
const range = int8Support().weightLimit === 63 ? ['--reduced-range'] : [];
const pictures = Object.values(testPictures(width, height, 2));

/** How other programs read an ONNX file: pictures of a raw file in, masks as a raw file out. */
const READERS = {
  onnxruntime: `
import sys, numpy, onnxruntime
model, pictures, masks, height, width = sys.argv[1:]
session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
frames = numpy.fromfile(pictures, numpy.uint8).reshape(-1, int(height), int(width), 3)
session.run(["mask"], {"pictures": frames})[0].tofile(masks)`,
  openvino: `
import sys, numpy, openvino
model, pictures, masks, height, width = sys.argv[1:]
network = openvino.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
frames = numpy.fromfile(pictures, numpy.uint8).reshape(-1, int(height), int(width), 3)
numpy.concatenate([network([frame[None]])[0] for frame in frames]).tofile(masks)`,
};
type Reader = keyof typeof READERS;

function skipWithout(reader: Reader): string | false {
  const { status } = spawnSync(python, ['-c', `import numpy, ${reader}`]);
  return (
    status !== 0 && `${python} has no ${reader}: pip install numpy ${reader}, or sh pipeline/benchmark/peers/setup.sh`
  );
}

async function masksOf(reader: Reader, model: string): Promise<Uint8Array> {
  await writeFile(`${model}.pictures`, Buffer.concat(pictures.map(({ data }) => data)));
  const args = ['-c', READERS[reader], model, `${model}.pictures`, `${model}.masks`, `${height}`, `${width}`];
  const { status, stderr } = spawnSync(python, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return readFile(`${model}.masks`);
}

for (const network of ['segnet-lite', 'segnet-basic']) {
  for (const precision of ['float32', 'int8'] as const) {
    for (const reader of Object.keys(READERS) as Reader[]) {
      // Its operators are ONNX Runtime's own.
      if (precision === 'int8' && reader === 'openvino') continue;
      t.test(
        `${reader} for Python gives the masks of ${network} from its ${precision} file`,
        {
          skip: skipWithout(reader),
          timeout: 120_000,
        },
        async (t) => {
          const model = join(t.testdir(), 'network.onnx');
          const args = [
            'export',
            '-o',
            model,
            '--network',
            network,
            '--precision',
            precision,
            '--size',
            `${width}x${height}`,
          ];
          const { status, stderr } = await runCli(precision === 'int8' ? [...args, ...range] : args);
          t.equal(status, 0, stderr);
          const weights = await readWeights(packagedFile('model', 'weights', `${network}.safetensors`));
          const engine = await createEngine({ weights, engine: 'onnx', provider: 'cpu', precision });
          t.teardown(() => engine.close());
          const own = Buffer.concat((await engine.segment(pictures)).map(({ data }) => data));
          const same = agreement(await masksOf(reader, model), own);
          t.ok(same >= 0.999, `${(100 * same).toFixed(3)} % of pixels agree`);
        },
      );
    }
  }
}

t.test('weights are an argument as well as an option, and there is one file of them', async (t) => {
  const weights = packagedFile('model', 'weights', 'segnet-lite.safetensors');
  const output = join(t.testdir(), 'a.onnx');
  const { status, stdout, stderr } = await runCli(['export', weights, '-o', output, '--size', '64x48', '--json']);
  t.equal(status, 0, stderr);
  t.match(JSON.parse(stdout), { weights, output });
  const both = await runCli(['export', weights, '--weights', 'mine.safetensors', '-o', output]);
  t.equal(both.status, 2);
  t.match(both.stderr, /one file of weights, got .*segnet-lite\.safetensors and mine\.safetensors/);
});

t.test('an output that cannot be written, and a size that is none, are one clear error each', async (t) => {
  const nowhere = await runCli(['export', '-o', join(t.testdir(), 'none', 'a.onnx')]);
  t.equal(nowhere.status, 1);
  t.match(nowhere.stderr, /OUTPUT_UNWRITABLE/);
  const noSize = await runCli(['export', '-o', join(t.testdir(), 'a.onnx'), '--size', '0x5']);
  t.equal(noSize.status, 2);
  t.match(noSize.stderr, /--size/);
  const reduced = await runCli(['export', '-o', join(t.testdir(), 'a.onnx'), '--reduced-range']);
  t.equal(reduced.status, 2);
  t.match(reduced.stderr, /--reduced-range with --precision int8/);
});
