import './no-telemetry.js';
import { Tensor } from 'onnxruntime-node';
import type { RgbPicture } from '../engine.js';

export { env, InferenceSession, Tensor } from 'onnxruntime-node';

/** A picture as input of a graph, [1, height, width, 3]. ONNX Runtime refuses shared memory, in which `decode` keeps pixels, so that is copied. */
export function pictureTensor({ data, width, height }: RgbPicture): Tensor {
  const own = data.buffer instanceof SharedArrayBuffer ? Uint8Array.from(data) : data;
  return new Tensor('uint8', own, [1, height, width, 3]);
}
