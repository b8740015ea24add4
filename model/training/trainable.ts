import type { Tensor, Tensor4D, Variable } from '@tensorflow/tfjs-node-gpu';
import type { RgbPicture } from '../engine.js';
import type { Network } from '../network.js';
import { type Parameter, parametersOf } from '../parameters.js';
import type { Tensor as WeightTensor } from '../safetensors.js';
import type { Normalisation } from '../weights.js';
import { createForward, type ForwardOptions } from './forward.js';
import { trainingKernels } from './kernels.js';
import { fromTensorflow, toTensorflow } from './layout.js';
import type { Tensorflow } from './tensorflow.js';

/** A network with its parameters as TensorFlow variables. */
export interface Trainable {
  readonly network: Network;
  readonly parameters: readonly Parameter[];
  /** By parameter name, running statistics included. */
  readonly variables: ReadonlyMap<string, Variable>;
  /** Those that an optimizer changes, by parameter name: all but running statistics. */
  readonly trained: ReadonlyMap<string, Variable>;
  /** RGB bytes [N, H, W, 3] to class scores [N, H, W, classes]. Call inside a tidy. */
  scores(images: Tensor, options: ForwardOptions, parameters?: ReadonlyMap<string, Tensor>): Tensor4D;
  /** The parameters in the layout of weights files. */
  read(from?: ReadonlyMap<string, Tensor>): Map<string, WeightTensor>;
  /** Overwrites the parameters with a weights file's tensors, which must have been checked. */
  write(tensors: ReadonlyMap<string, WeightTensor>, to?: ReadonlyMap<string, Variable>): void;
  dispose(): void;
}

/** Creates a network with its weights on TensorFlow. */
export function createTrainable(
  tf: Tensorflow,
  network: Network,
  tensors: ReadonlyMap<string, WeightTensor>,
  { mean, std }: Normalisation,
): Trainable {
  const parameters = parametersOf(network);
  const forward = createForward(tf, trainingKernels(tf), network);
  const variables = new Map<string, Variable>();
  for (const parameter of parameters) {
    const { shape, data } = toTensorflow(parameter, tensors.get(parameter.name)!);
    const variable = tf.tidy(() => tf.variable(tf.tensor(data, [...shape]), parameter.trainable));
    variables.set(parameter.name, variable);
  }
  const trained = new Map(
    parameters.filter(({ trainable }) => trainable).map(({ name }) => [name, variables.get(name)!]),
  );
  // (pixel / 255 - mean) / std as one multiplication and one subtraction.
  const scale = tf.keep(tf.tensor1d(std.map((deviation) => 1 / (255 * deviation))));
  const shift = tf.keep(tf.tensor1d(std.map((deviation, channel) => mean[channel]! / deviation)));

  return {
    network,
    parameters,
    variables,
    trained,
    scores: (images, options, from = variables) =>
      forward(tf.sub(tf.mul(images.toFloat(), scale), shift) as Tensor4D, from, options),
    read(from = variables) {
      return new Map(
        parameters.map((parameter) => {
          const data = from.get(parameter.name)!.dataSync() as Float32Array;
          return [parameter.name, fromTensorflow(parameter, Float32Array.from(data))];
        }),
      );
    },
    write(weights, to = variables) {
      for (const parameter of parameters) {
        const { shape, data } = toTensorflow(parameter, weights.get(parameter.name)!);
        tf.tidy(() => to.get(parameter.name)!.assign(tf.tensor(data, [...shape])));
      }
    },
    dispose() {
      tf.dispose([...variables.values(), scale, shift]);
    },
  };
}

/**
 * Renames gradients, which `variableGrads` gives by TensorFlow's names of variables, to parameters; those without one are left out.
 *
 * @param trained As in {@link Trainable}.
 */
export function byParameter(
  trained: ReadonlyMap<string, Variable>,
  gradients: Readonly<Record<string, Tensor>>,
): Readonly<Record<string, Tensor>> {
  return Object.fromEntries(
    [...trained].flatMap(([name, variable]) => (gradients[variable.name] ? [[name, gradients[variable.name]!]] : [])),
  );
}

/**
 * The class masks of consecutive RGB pictures of one size, as consecutive bytes.
 *
 * @param parameters Others than the network's own, such as their average.
 */
export function predict(
  tf: Tensorflow,
  trainable: Trainable,
  { width, height, data }: RgbPicture,
  {
    count = 1,
    parameters,
  }: { readonly count?: number; readonly parameters?: ReadonlyMap<string, Tensor> | undefined } = {},
): Uint8Array<ArrayBuffer> {
  const mask = tf.tidy(() => {
    const images = tf.tensor4d(data, [count, height, width, 3], 'int32');
    return tf.argMax(trainable.scores(images, { training: false }, parameters), 3).toInt();
  });
  const classes = Uint8Array.from(mask.dataSync());
  mask.dispose();
  return classes;
}
