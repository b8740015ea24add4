import { join } from 'node:path';
import t from 'tap';
import { buildNetwork } from '../../../model/networks/index.js';
import { readVgg16 } from '../../../model/training/vgg16.js';
import { type Tensor, writeSafetensors } from '../../../model/weights.js';

const WIDTHS = [64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512];
const PLACES = [0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28];

/** VGG16's convolutions as torchvision names them, each filled with its place. */
function features(): Map<string, Tensor> {
  const tensors = new Map<string, Tensor>();
  WIDTHS.forEach((filters, i) => {
    const shape = [filters, WIDTHS[i - 1] ?? 3, 3, 3];
    const fill = (size: number) => new Float32Array(size).fill(PLACES[i]!);
    tensors.set(`features.${PLACES[i]}.weight`, { shape, data: fill(shape.reduce((a, b) => a * b)) });
    tensors.set(`features.${PLACES[i]}.bias`, { shape: [filters], data: fill(filters) });
  });
  return tensors;
}

t.test('starting from VGG16', async (t) => {
  const path = join(t.testdir(), 'vgg16.safetensors');
  await writeSafetensors(path, {}, features());

  t.test('fills the encoder of SegNet, whose convolutions have no bias', async (t) => {
    const start = await readVgg16(path, buildNetwork('segnet', 11));
    t.equal(start.size, 13);
    t.equal(start.get('conv4_2.weight')!.data[0], 19);
  });

  t.test('fills weights and biases of DeepLab-LargeFOV, and leaves its narrower fc layers', async (t) => {
    const start = await readVgg16(path, buildNetwork('deeplab-largefov', 11));
    t.equal(start.size, 26);
    t.notOk(start.has('fc6.weight'));
  });

  t.test('refuses a network without VGG16 in it', async (t) => {
    await t.rejects(readVgg16(path, buildNetwork('segnet-basic', 11)), {
      code: 'OPTION_INVALID',
      message: /segnet-basic/,
    });
  });

  t.test('names the tensors that are missing or of another shape', async (t) => {
    const faulty = features();
    faulty.delete('features.0.weight');
    faulty.set('features.2.weight', { shape: [64, 3, 3, 3], data: new Float32Array(64 * 27) });
    const other = join(t.testdir(), 'faulty.safetensors');
    await writeSafetensors(other, {}, faulty);
    await t.rejects(readVgg16(other, buildNetwork('segnet', 11)), {
      code: 'WEIGHTS_MISMATCH',
      message: /features\.0\.weight is missing; features\.2\.weight is \[64,3,3,3\], not \[64,64,3,3\]/,
    });
  });
});
