import t from 'tap';
import { deliverFrames } from '../../operators/deliver-frames.js';
import type { Frame } from '../../operators/frame.js';
import { fakeFrame } from './fake-frame.js';

t.test('every: frames pass at once, and more is wanted only while the gate is open', async (t) => {
  const passed: number[] = [];
  const delivery = deliverFrames({ policy: 'every', gateLimit: 1 }, ({ index }) => passed.push(index));
  const gate = delivery.openGate(8, 6);
  let wanted = 0;
  delivery.whenWanted(() => (wanted += 1));
  t.equal(wanted, 1);
  const release = gate.hold();
  delivery.deliver(fakeFrame({ index: 0, gate }));
  t.same(passed, [0]);
  const before = delivery.demandedAt;
  delivery.whenWanted(() => (wanted += 1));
  t.equal(wanted, 1, 'the gate is shut');
  release();
  t.equal(wanted, 2);
  t.ok(delivery.demandedAt >= before);
  delivery.abandon();
  delivery.whenWanted(() => t.fail('nothing is wanted any more'));
  delivery.deliver(fakeFrame({ index: 1, gate }));
  t.same(passed, [0]);
});

t.test('every: the default limit is smaller for larger pictures, and never below 4', async (t) => {
  const limitFor = (width: number, height: number): number => {
    const gate = deliverFrames({ policy: 'every' }, () => {}).openGate(width, height);
    let held = 0;
    while (gate.open) {
      gate.hold();
      held += 1;
    }
    return held;
  };
  t.equal(limitFor(320, 240), 16);
  t.equal(limitFor(7680, 4320), 4);
});

t.test('latest: a frame that waits gives way to a newer one, and the last is delivered', async (t) => {
  const passed: number[] = [];
  const dropped: string[] = [];
  const delivery = deliverFrames(
    { policy: 'latest', gateLimit: 1, onDrop: (cause) => dropped.push(cause) },
    (frame: Frame) => passed.push(frame.index),
  );
  const gate = delivery.openGate(8, 6);
  const release = gate.hold();
  for (const index of [0, 1, 2]) {
    delivery.whenWanted(() => delivery.deliver(fakeFrame({ index, gate })));
  }
  t.same(passed, []);
  t.same(dropped, ['busy', 'busy']);
  let isDelivered = false;
  const delivered = delivery.delivered().then(() => (isDelivered = true));
  await new Promise(setImmediate);
  t.equal(isDelivered, false);
  release();
  await delivered;
  t.same(passed, [2]);
});

t.test('latest: what is abandoned delivers nothing', async (t) => {
  const delivery = deliverFrames({ policy: 'latest', gateLimit: 1 }, () => t.fail('delivered'));
  const gate = delivery.openGate(8, 6);
  const release = gate.hold();
  delivery.deliver(fakeFrame({ gate }));
  delivery.abandon();
  release();
  await delivery.delivered();
  t.equal(gate.open, true);
});
