import type { Parameter } from '../parameters.js';
import type { Tensor } from '../safetensors.js';

/** For each dimension of TensorFlow's kernel layout, the corresponding dimension in the weights file. */
const DENSE = [2, 3, 1, 0]; // [filters, in, h, w] -> [h, w, in, filters], transposed convolutions likewise
const DEPTHWISE = [2, 3, 0, 1]; // [channels, 1, h, w] -> [h, w, channels, 1]

function orderOf(parameter: Parameter): readonly number[] | undefined {
  if (parameter.shape.length !== 4) return undefined;
  return parameter.layer.op === 'conv' && parameter.layer.groups > 1 ? DEPTHWISE : DENSE;
}

/** Turns a tensor of a weights file into TensorFlow's layout: convolution kernels become [h, w, in, out]. */
export function toTensorflow(parameter: Parameter, tensor: Tensor): Tensor {
  const order = orderOf(parameter);
  return order === undefined ? tensor : transpose(tensor, order);
}

/** The inverse of `toTensorflow`. */
export function fromTensorflow(parameter: Parameter, data: Float32Array): Tensor {
  const order = orderOf(parameter);
  if (order === undefined) return { shape: parameter.shape, data };
  const shape = order.map((dimension) => parameter.shape[dimension]!);
  return transpose(
    { shape, data },
    [0, 1, 2, 3].map((dimension) => order.indexOf(dimension)),
  );
}

/** Permutes four dimensions: dimension `i` of the result is dimension `order[i]` of the tensor. */
function transpose({ shape, data }: Tensor, order: readonly number[]): Tensor {
  const strides = [shape[1]! * shape[2]! * shape[3]!, shape[2]! * shape[3]!, shape[3]!, 1];
  const [s0, s1, s2, s3] = order.map((dimension) => shape[dimension]!) as [number, number, number, number];
  const [t0, t1, t2, t3] = order.map((dimension) => strides[dimension]!) as [number, number, number, number];
  const result = new Float32Array(data.length);
  let to = 0;
  for (let a = 0; a < s0; a += 1)
    for (let b = 0; b < s1; b += 1)
      for (let c = 0; c < s2; c += 1)
        for (let d = 0; d < s3; d += 1) result[to++] = data[a * t0 + b * t1 + c * t2 + d * t3]!;
  return { shape: [s0, s1, s2, s3], data: result };
}
