import { closeSync, openSync, readdirSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { readSafetensors, type Tensor } from '../../model/safetensors.js';
import { readWeights, writeWeights } from '../../model/weights.js';

const card = {
  network: 'tiny',
  classes: [{ name: 'road', colour: [1, 2, 3] as const }],
  normalisation: { mean: [0, 0, 0], std: [1, 1, 1] },
  inputSize: { width: 4, height: 2 },
};
const tensors = new Map<string, Tensor>([
  ['a.weight', { shape: [2, 1], data: Float32Array.of(1.5, -2) }],
  ['b', { shape: [], data: Float32Array.of(7) }],
]);

/** A safetensors file of this header and no data but four bytes. */
function fileOf(header: unknown): Buffer {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, Buffer.alloc(4)]);
}

t.test('weights come back as they were written, their data aligned for others', async (t) => {
  const path = join(t.testdir({}), 'a.safetensors');
  await writeWeights(path, { card, tensors });
  t.same(await readWeights(path), { card, tensors });
  t.equal(Number(readFileSync(path).readBigUInt64LE(0)) % 8, 0);
});

t.test('half floats are widened', async (t) => {
  const path = join(t.testdir({}), 'half.safetensors');
  const header = {
    f16: { dtype: 'F16', shape: [1], data_offsets: [0, 2] },
    bf16: { dtype: 'BF16', shape: [1], data_offsets: [2, 4] },
  };
  const bytes = fileOf(header);
  bytes.writeUInt16LE(0x3e00, bytes.length - 4);
  bytes.writeUInt16LE(0xc020, bytes.length - 2);
  writeFileSync(path, bytes);
  const read = await readSafetensors(path);
  t.same(
    [...read.tensors.values()].map(({ data }) => [...data]),
    [[1.5], [-2.5]],
  );
});

t.test('weights that hold infinities or NaN are refused, with file and tensor', async (t) => {
  const path = join(t.testdir({}), 'diverged.safetensors');
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    const broken = { shape: [3], data: Float32Array.of(0, 3e38, value) };
    await writeWeights(path, { card, tensors: new Map([...tensors, ['c.bias', broken]]) });
    await t.rejects(readWeights(path), {
      code: 'WEIGHTS_INVALID',
      message: new RegExp(`file ${path} .*c\\.bias holds infinities or NaN`),
    });
  }
});

t.test('a file of more than 2 GiB, as checkpoints of FCN and DeconvNet are, is read', async (t) => {
  const path = join(t.testdir({}), 'large.safetensors');
  const gap = 2 ** 31;
  const header = { a: { dtype: 'F32', shape: [1], data_offsets: [gap, gap + 4] } };
  writeFileSync(path, fileOf(header));
  // A hole: it takes no room on the disk.
  const file = openSync(path, 'r+');
  const begin = 8 + JSON.stringify(header).length;
  writeSync(file, new Uint8Array(Float32Array.of(1.5).buffer), 0, 4, begin + gap);
  closeSync(file);
  t.same((await readSafetensors(path)).tensors.get('a')?.data, Float32Array.of(1.5));
});

t.test('what is no weights file is said so, whatever it holds', async (t) => {
  const folder = t.testdir({});
  const path = join(folder, 'a.safetensors');
  await writeWeights(path, { card, tensors });
  const whole = readFileSync(path);
  const entry = { dtype: 'F32', shape: [1], data_offsets: [0, 4] };
  const withCard = (text: string) => fileOf({ __metadata__: { card: text }, a: entry });
  const broken: readonly (readonly [string, Buffer, RegExp])[] = [
    ['empty', Buffer.alloc(0), /0 bytes/],
    ['cut off in the header', whole.subarray(0, 40), /header is cut off/],
    ['cut off in the data', whole.subarray(0, -4), /cut off/],
    ['not JSON', fileOf('{"a":'), /not JSON/],
    ['null', fileOf('null'), /no object/],
    ['a list', fileOf([]), /no object/],
    ['a tensor without a place', fileOf({ a: { dtype: 'F32', shape: [1] } }), /neither type, shape nor place/],
    ['a tensor of text', fileOf({ a: 'b' }), /neither type, shape nor place/],
    ['a negative size', fileOf({ a: { ...entry, shape: [-1] } }), /neither type, shape nor place/],
    ['another type', fileOf({ a: { ...entry, dtype: 'I64' } }), /I64/],
    ['no card', fileOf({ a: entry }), /carry a card/],
    ['a card that is not JSON', withCard('{'), /card of the weights file/],
    ['a card of nothing', withCard('null'), /card of the weights file/],
    ...Object.entries({
      'without classes': { classes: undefined },
      'of no class': { classes: [] },
      'with a class of nothing': { classes: [null] },
      'with a class without a colour': { classes: [{ name: 'road' }] },
      'with one mean': { normalisation: { mean: [0.5], std: [1, 1, 1] } },
      'without deviations': { normalisation: { mean: [0, 0, 0] } },
      'without a height': { inputSize: { width: 4 } },
      'with half a pixel': { inputSize: { width: 4, height: 2.5 } },
    }).map(
      ([what, fault]) =>
        [`a card ${what}`, withCard(JSON.stringify({ ...card, ...fault })), /card of the weights file/] as const,
    ),
  ];
  for (const [what, bytes, message] of broken) {
    const file = join(folder, 'broken.safetensors');
    writeFileSync(file, bytes);
    await t.rejects(readWeights(file), { code: 'WEIGHTS_INVALID', message }, what);
  }
  await t.rejects(readWeights(folder), { code: 'WEIGHTS_INVALID' }, 'a folder');
  await t.rejects(readWeights(join(folder, 'none')), { code: 'WEIGHTS_MISSING' });
});

t.test('a file that cannot be written is said so, and leaves nothing', async (t) => {
  const folder = t.testdir({ taken: { file: '' } });
  const unwritable = { code: 'OUTPUT_UNWRITABLE' };
  await t.rejects(writeWeights(join(folder, 'none', 'a.safetensors'), { card, tensors }), unwritable);
  await t.rejects(writeWeights(join(folder, 'taken'), { card, tensors }), unwritable);
  t.same(readdirSync(folder), ['taken']);
});

t.test('what would be refused when it is read is not written', async (t) => {
  const folder = t.testdir({});
  const write = (weights: object) =>
    writeWeights(join(folder, 'a.safetensors'), weights as Parameters<typeof writeWeights>[1]);
  const of = (tensor: object) => write({ card, tensors: new Map([['a', tensor]]) });
  await t.rejects(of({ shape: [2], data: Float32Array.of(1) }), {
    code: 'WEIGHTS_INVALID',
    message: /a \[2\] to be a Float32Array of 2, got Float32Array of 1/,
  });
  await t.rejects(of({ shape: [1], data: Float64Array.of(1) }), { code: 'WEIGHTS_INVALID', message: /Float64Array/ });
  await t.rejects(write({ card: {}, tensors }), { code: 'WEIGHTS_INVALID', message: /a card to hold network/ });
  const flat = { ...card, normalisation: { mean: [0, 0, 0], std: [1, 0, 1] } };
  await t.rejects(write({ card: flat, tensors }), { code: 'WEIGHTS_INVALID', message: /std above 0/ });
  t.same(readdirSync(folder), []);
});
