import t from 'tap';
import { seededRandom } from '../../model/initial-weights.js';
import { countShares } from '../../operators/class-shares.js';

const maskOf = (data: Uint8Array) => ({ width: data.length, height: 1, data });

t.test('shares are those of a count pixel by pixel, at any length', async (t) => {
  const random = seededRandom(1);
  const memory = new Uint8Array(200);
  // Runs of 1 to 9 pixels, void among them.
  for (let i = 0; i < memory.length; ) {
    const value = random() < 0.1 ? 255 : Math.floor(random() * 12);
    const end = i + 1 + Math.floor(random() * 9);
    memory.fill(value, i, end);
    i = end;
  }
  for (let length = 1; length < 90; length += 1) {
    const data = memory.subarray(0, length);
    const expected = Array.from({ length: 12 }, (_, c) => data.filter((value) => value === c).length / length);
    t.same(countShares(maskOf(data), 12), expected, `${length} pixels`);
  }
});

t.test('masks in shared memory, of one class, and of none', async (t) => {
  const shared = new Uint8Array(new SharedArrayBuffer(101)).fill(2);
  t.same(countShares(maskOf(shared), 3), [0, 0, 1]);
  t.same(countShares(maskOf(new Uint8Array(64).fill(255)), 2), [0, 0]);
});
