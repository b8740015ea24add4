import t from 'tap';
import { createOnnxEngine } from '../../../model/engines/onnx.js';
import { engineContract } from './engine-contract.js';

// Three seconds of thread start for each network on a busy machine add up.
t.setTimeout(600_000);

engineContract(t, 'onnx', (weights, network) => createOnnxEngine({ weights, network, provider: 'cpu' }));
