import t from 'tap';
import { describeMachine, renderMachine } from '../../../pipeline/benchmark/machine.js';

t.test('a machine is described by what decides how fast it is', async (t) => {
  const machine = await describeMachine();
  t.match(machine, { node: process.version, processor: String, onnxruntime: /^\d+\./, segnetStream: /^\d+\./ });
  t.ok(machine.cores >= 1 && machine.memoryGiB >= 1);
});

t.test('a busy machine says so beside its figures', async (t) => {
  const machine = { ...(await describeMachine()), cores: 4 };
  t.match(renderMachine({ ...machine, load: 3 }), /busy \(load 3 on 4 cores\)/);
  t.notMatch(renderMachine({ ...machine, load: 0.5 }), /busy/);
});
