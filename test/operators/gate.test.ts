import t from 'tap';
import { createGate } from '../../operators/gate.js';

t.test('a gate is open while fewer are held than its limit', async (t) => {
  const gate = createGate(2);
  const first = gate.hold();
  t.equal(gate.open, true);
  gate.hold();
  t.equal(gate.open, false);
  first();
  first();
  t.equal(gate.open, true, 'a hold is released');
  gate.hold();
  t.equal(gate.open, false, 'only once');
});

t.test('who waits is called once, when it opens, in the order of asking, and only as far as it is open', async (t) => {
  const gate = createGate(1);
  const called: string[] = [];
  gate.whenOpen(() => called.push('at once'));
  const release = gate.hold();
  gate.whenOpen(() => {
    called.push('first');
    gate.hold();
  });
  gate.whenOpen(() => called.push('second'));
  t.same(called, ['at once']);
  release();
  t.same(called, ['at once', 'first'], 'the first has shut it again');
});

t.test('a limit below 1 is refused', async (t) => {
  t.throws(() => createGate(0), { code: 'OPTION_INVALID', message: /limit/ });
});
