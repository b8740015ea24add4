import t from 'tap';
import { createTensorflowEngine } from '../../../model/engines/tensorflow.js';
import { withoutTensorflow } from '../training/tensorflow-or-skip.js';
import { engineContract } from './engine-contract.js';

// Three seconds of thread start for each network on a busy machine add up.
t.setTimeout(600_000);

t.test('the tensorflow engine', { skip: withoutTensorflow, timeout: 600_000 }, async (t) => {
  // The same function without a thread, which takes seconds to start, is tried on every network in training/forward.test.ts.
  const networks = ['segnet', 'segnet-basic', 'fcn-basic', 'enet'];
  engineContract(t, 'tensorflow', (weights, network) => createTensorflowEngine({ weights, network }), networks);
});
