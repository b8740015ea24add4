import { join } from 'node:path';
import t from 'tap';
import { writeSafetensors } from '../../../model/safetensors.js';
import { type Checkpoint, readCheckpoint, writeCheckpoint } from '../../../model/training/checkpoint.js';
import { recipes } from '../../../model/training/recipe.js';

const card = { network: 'tiny', classes: [], normalisation: { mean: [0, 0, 0], std: [1, 1, 1] } } as const;

t.test('a checkpoint whose state is cut off, empty or of something else is one clear error', async (t) => {
  const path = join(t.testdir({}), 'last.safetensors');
  const losses = { sum: 0, count: 0 };
  const state = { recipe: recipes.compact, seed: 1, epoch: 2, step: 3, seconds: 4, card, losses, listing: 'a' };
  const whole = JSON.stringify(state);
  const lacking = [
    { recipe: undefined },
    { recipe: {} },
    { card: null },
    { epoch: 'two' },
    { listing: undefined },
    { losses: undefined },
  ];
  const broken = ['', 'null', '{}', '7', whole.slice(0, -9)];
  for (const text of [...broken, ...lacking.map((field) => JSON.stringify({ ...state, ...field }))]) {
    await writeSafetensors(path, { card: JSON.stringify(card), state: text }, new Map());
    await t.rejects(readCheckpoint(path), { code: 'CHECKPOINT_INVALID', message: new RegExp(path) }, text.slice(0, 20));
  }
  await writeSafetensors(path, { card: JSON.stringify(card) }, new Map());
  await t.rejects(readCheckpoint(path), { code: 'CHECKPOINT_INVALID', message: /holds weights alone$/ });
});

t.test('what was written is read', async (t) => {
  const path = join(t.testdir({}), 'last.safetensors');
  const losses = { sum: 1.5, count: 3 };
  const fields = { recipe: recipes.robust, seed: 1, epoch: 2, step: 3, seconds: 4, card, losses, listing: 'a' };
  const state = fields as unknown as Checkpoint['state'];
  await writeCheckpoint(path, { state, tensors: new Map([['a', { shape: [1], data: Float32Array.of(1) }]]) });
  const read = await readCheckpoint(path);
  t.same(read.state, state);
  t.same([...read.tensors.get('a')!.data], [1]);
});
