import './no-telemetry.js';

export { env, InferenceSession, Tensor } from 'onnxruntime-node';
