import type {
  GradSaveFunc,
  NamedAttrMap,
  NamedTensorMap,
  Tensor,
  Tensor4D,
  TensorInfo,
} from '@tensorflow/tfjs-node-gpu';
import type { Tensorflow } from './tensorflow.js';

/** The part of the TensorFlow backend that is used here. Its own kernels use the same calls. */
interface Backend {
  readonly binding: {
    readonly TF_ATTR_BOOL: number;
    readonly TF_ATTR_FLOAT: number;
    readonly TF_ATTR_INT: number;
    readonly TF_ATTR_STRING: number;
    readonly TF_ATTR_TYPE: number;
    readonly TF_FLOAT: number;
    readonly TF_INT32: number;
    readonly TF_INT64: number;
    executeOp(name: string, attributes: readonly object[], inputIds: readonly number[], outputs: number): OutputInfo[];
  };
  getInputTensorIds(inputs: readonly TensorInfo[]): number[];
  createOutputTensor(info: OutputInfo): TensorInfo;
}

interface OutputInfo {
  readonly dtype: number;
}

const POOL = 'SegnetMaxPoolWithArgmax';
const UNPOOL = 'SegnetMaxUnpool';
const BATCH_NORM = 'SegnetFusedBatchNorm';
const BATCH_NORM_GRADIENT = 'SegnetFusedBatchNormGradient';

/** Operations that networks need and that TensorFlow.js lacks or does slowly. */
export interface TrainingKernels {
  /** 2x2/2 max pool with Caffe's ceil: the maxima and, for `maxUnpool`, their positions (the first maximum on ties). */
  maxPoolWithArgmax(x: Tensor4D): { readonly pooled: Tensor4D; readonly argmax: Tensor };
  /** Puts `values` at the positions `argmax` in a map of the shape of `x`, and zero elsewhere. */
  maxUnpool(values: Tensor4D, x: Tensor4D, argmax: Tensor): Tensor4D;
  /** Normalises by the batch's own statistics and returns them too; the variance is the unbiased one. */
  batchNorm(
    x: Tensor4D,
    gamma: Tensor,
    beta: Tensor,
    epsilon: number,
  ): { readonly normalised: Tensor4D; readonly mean: Tensor; readonly variance: Tensor };
}

/**
 * Registers the kernels with their gradients and returns functions that call them. Safe to call twice.
 *
 * The pool returns TensorFlow's int64 argmax, which never leaves the backend. Unpooling is computed as the gradient of pooling,
 * and its own gradient gathers the values at those positions. The fused batch norm is a third faster than the composed one and
 * takes two thirds of the memory (DECISIONS.md).
 */
export function trainingKernels(tf: Tensorflow): TrainingKernels {
  register(tf);
  const engine = tf.engine();
  const run = (name: string, inputs: NamedTensorMap, attributes: NamedAttrMap = {}) =>
    engine.runKernel(name, inputs, attributes) as unknown as Tensor[];
  return {
    maxPoolWithArgmax(x) {
      const [pooled, argmax] = run(POOL, { x });
      return { pooled: pooled as Tensor4D, argmax: argmax! };
    },
    maxUnpool(values, x, argmax) {
      // A custom gradient rather than a registered one, so that only `values` is differentiated, which saves zeros of the size of x.
      const differentiable = tf.customGrad((input, save) => {
        (save as GradSaveFunc)([x, argmax]);
        return {
          value: unpool(tf, input as Tensor4D, x, argmax),
          gradFunc: (dy, saved) => {
            const [savedX, savedArgmax] = saved as [Tensor4D, Tensor];
            return pick(tf, dy as Tensor4D, savedX, savedArgmax, values.shape);
          },
        };
      });
      return differentiable(values) as Tensor4D;
    },
    batchNorm(x, gamma, beta, epsilon) {
      const [normalised, mean, variance] = run(BATCH_NORM, { x, gamma, beta }, { epsilon });
      return { normalised: normalised as Tensor4D, mean: mean!, variance: variance! };
    },
  };
}

function unpool(tf: Tensorflow, values: Tensor4D, x: Tensor4D, argmax: Tensor): Tensor4D {
  const [unpooled] = tf.engine().runKernel(UNPOOL, { values, x, argmax } as NamedTensorMap) as unknown as Tensor4D[];
  return unpooled!;
}

/** The inverse of `unpool`: the value at `argmax` in each window of `map`. */
function pick(tf: Tensorflow, map: Tensor4D, x: Tensor4D, argmax: Tensor, shape: Tensor4D['shape']): Tensor4D {
  return tf.tidy(() => {
    const there = tf.mul(map, unpool(tf, tf.ones(shape), x, argmax)) as Tensor4D;
    const [, height, width] = there.shape;
    // At an odd edge a pool averages fewer than four values. Padded with zeros, it averages over four there too.
    const rows: [number, number] = [0, height % 2];
    const columns: [number, number] = [0, width % 2];
    const even = rows[1] + columns[1] === 0 ? there : (tf.pad(there, [[0, 0], rows, columns, [0, 0]]) as Tensor4D);
    return tf.mul(tf.avgPool(even, 2, 2, 'valid'), 4) as Tensor4D;
  });
}

function register(tf: Tensorflow): void {
  const backendName = 'tensorflow';
  if (tf.getKernel(POOL, backendName) !== undefined) return;

  function execute(
    backend: unknown,
    name: string,
    attributes: readonly object[],
    inputs: readonly TensorInfo[],
    outputs: number,
  ) {
    const { binding, getInputTensorIds, createOutputTensor } = backend as Backend;
    const results = binding.executeOp(name, attributes, getInputTensorIds.call(backend, inputs), outputs);
    // The backend has no int64 and warns about each such tensor. It is only passed on to TensorFlow, which knows the type.
    return results.map((info) =>
      createOutputTensor.call(backend, info.dtype === binding.TF_INT64 ? { ...info, dtype: binding.TF_INT32 } : info),
    );
  }

  function poolAttributes({ binding }: Backend) {
    return [
      { name: 'ksize', type: binding.TF_ATTR_INT, value: [1, 2, 2, 1] },
      { name: 'strides', type: binding.TF_ATTR_INT, value: [1, 2, 2, 1] },
      { name: 'padding', type: binding.TF_ATTR_STRING, value: 'SAME' },
      { name: 'include_batch_in_index', type: binding.TF_ATTR_BOOL, value: false },
      { name: 'Targmax', type: binding.TF_ATTR_TYPE, value: binding.TF_INT64 },
      { name: 'T', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT },
    ];
  }

  tf.registerKernel({
    kernelName: POOL,
    backendName,
    kernelFunc: ({ inputs, backend }) =>
      execute(backend, 'MaxPoolWithArgmax', poolAttributes(backend as unknown as Backend), [inputs.x!], 2),
  });
  tf.registerKernel({
    kernelName: UNPOOL,
    backendName,
    kernelFunc: ({ inputs, backend }) =>
      execute(
        backend,
        'MaxPoolGradWithArgmax',
        poolAttributes(backend as unknown as Backend),
        [inputs.x!, inputs.values!, inputs.argmax!],
        1,
      ),
  });
  tf.registerGradient({
    kernelName: POOL,
    inputsToSave: ['x'],
    outputsToSave: [false, true],
    gradFunc: (dy, saved) => {
      const [x, argmax] = saved as [Tensor4D, Tensor];
      const [dPooled] = dy as unknown as Tensor4D[];
      return { x: () => unpool(tf, dPooled!, x, argmax) };
    },
  });

  function batchNormAttributes({ binding }: Backend, epsilon: number) {
    return [
      { name: 'T', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT },
      { name: 'U', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT },
      { name: 'data_format', type: binding.TF_ATTR_STRING, value: 'NHWC' },
      { name: 'epsilon', type: binding.TF_ATTR_FLOAT, value: epsilon },
      { name: 'is_training', type: binding.TF_ATTR_BOOL, value: true },
    ];
  }

  tf.registerKernel({
    kernelName: BATCH_NORM,
    backendName,
    kernelFunc: ({ inputs, backend, attrs }) => {
      const { binding } = backend as unknown as Backend;
      const empty = tf.tensor1d([]);
      const outputs = execute(
        backend,
        'FusedBatchNormV3',
        [
          ...batchNormAttributes(backend as unknown as Backend, (attrs as { epsilon: number }).epsilon),
          { name: 'exponential_avg_factor', type: binding.TF_ATTR_FLOAT, value: 1 },
        ],
        [inputs.x!, inputs.gamma!, inputs.beta!, empty, empty],
        6,
      );
      empty.dispose();
      return outputs;
    },
  });
  tf.registerKernel({
    kernelName: BATCH_NORM_GRADIENT,
    backendName,
    kernelFunc: ({ inputs, backend, attrs }) =>
      execute(
        backend,
        'FusedBatchNormGradV3',
        batchNormAttributes(backend as unknown as Backend, (attrs as { epsilon: number }).epsilon),
        [inputs.dy!, inputs.x!, inputs.gamma!, inputs.reserve1!, inputs.reserve2!, inputs.reserve3!],
        5,
      ),
  });
  tf.registerGradient({
    kernelName: BATCH_NORM,
    inputsToSave: ['x', 'gamma'],
    outputsToSave: [false, false, false, true, true, true],
    gradFunc: (dy, saved, attrs) => {
      const [x, gamma, reserve1, reserve2, reserve3] = saved as Tensor[];
      const [dNormalised] = dy as unknown as Tensor[];
      const inputs = { dy: dNormalised, x, gamma, reserve1, reserve2, reserve3 } as unknown as NamedTensorMap;
      const [dx, dGamma, dBeta, ...rest] = tf
        .engine()
        .runKernel(BATCH_NORM_GRADIENT, inputs, attrs as NamedAttrMap) as unknown as Tensor[];
      tf.dispose(rest);
      return { x: () => dx!, gamma: () => dGamma!, beta: () => dBeta! };
    },
  });
}
