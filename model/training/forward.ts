import type { Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-node-gpu';
import { applyRule, type Layer, type LayerRules } from '../layer.js';
import type { Network } from '../network.js';
import { slidingWindow, transposedWindow } from '../shapes.js';
import type { TrainingKernels } from './kernels.js';
import type { Tensorflow } from './tensorflow.js';

/** Parameters by name, in TensorFlow's layouts (`layout.ts`). */
export type ParameterTensors = ReadonlyMap<string, Tensor>;

/** One pass through a network. */
export interface ForwardOptions {
  /** True normalises by the batch's own statistics and applies dropout; false uses running statistics and no dropout. */
  readonly training: boolean;
  /** In training, receives the statistics of each batch norm layer, inside the caller's tidy. */
  readonly onStatistics?: (layer: string, mean: Tensor, variance: Tensor) => void;
  /** In training, the seed of dropout. */
  readonly seed?: number;
}

interface Pass extends ForwardOptions {
  readonly parameter: (name: string) => Tensor;
  readonly map: (name: string) => Tensor4D;
  readonly layer: (name: string) => Layer;
  readonly argmax: Map<string, Tensor>;
}

type Rules = LayerRules<[pass: Pass], Tensor4D>;

/**
 * Makes the function from normalised pictures [N, H, W, 3] to class scores [N, H, W, classes], differentiable in its
 * parameters. It creates many tensors, so call it inside a tidy.
 */
export function createForward(tf: Tensorflow, kernels: TrainingKernels, network: Network) {
  const rules = createRules(tf, kernels);
  const layers = new Map(network.layers.map((layer) => [layer.name, layer]));
  // Only pools that an unpool reads keep their argmax.
  const indexed = new Set(network.layers.flatMap((layer) => (layer.op === 'maxUnpool' ? [layer.indicesOf] : [])));

  return (images: Tensor4D, parameters: ParameterTensors, options: ForwardOptions): Tensor4D => {
    const maps = new Map<string, Tensor4D>();
    const get = <T>(from: ReadonlyMap<string, T>, name: string): T => {
      const found = from.get(name);
      if (found === undefined) throw new TypeError(`${network.name}: nothing is called ${name}`);
      return found;
    };
    const pass: Pass = {
      ...options,
      parameter: (name) => get(parameters, name),
      map: (name) => get(maps, name),
      layer: (name) => get(layers, name),
      argmax: new Map(),
    };
    let last = images;
    for (const layer of network.layers) {
      if (layer.op === 'input') {
        maps.set(layer.name, images);
        continue;
      }
      if (layer.op === 'maxPool' && indexed.has(layer.name)) {
        const { pooled, argmax } = kernels.maxPoolWithArgmax(pass.map(layer.from));
        pass.argmax.set(layer.name, argmax);
        last = pooled;
      } else {
        last = applyRule(rules, layer, pass);
      }
      maps.set(layer.name, last);
    }
    return last;
  };
}

function createRules(tf: Tensorflow, kernels: TrainingKernels): Rules {
  type Edges = [number, number];
  /** Pads rows and columns so that a "valid" window does what `slidingWindow` says. */
  function padded(
    x: Tensor4D,
    kernel: readonly [number, number],
    stride: number,
    dilation: number,
    value: number,
  ): Tensor4D {
    const rows = slidingWindow(x.shape[1], kernel[0], stride, dilation);
    const columns = slidingWindow(x.shape[2], kernel[1], stride, dilation);
    const edges: [Edges, Edges, Edges, Edges] = [
      [0, 0],
      [rows.before, rows.after],
      [columns.before, columns.after],
      [0, 0],
    ];
    return edges.flat().every((edge) => edge === 0) ? x : (tf.pad(x, edges, value) as Tensor4D);
  }

  const addBias = (x: Tensor4D, bias: boolean, name: string, pass: Pass) =>
    bias ? (tf.add(x, pass.parameter(`${name}.bias`)) as Tensor4D) : x;

  /**
   * A "valid" convolution with gaps, by the rearrangement (space to batch) that TensorFlow itself uses, since TensorFlow.js has no
   * gradient for one.
   */
  function dilatedConv(
    x: Tensor4D,
    kernel: readonly [number, number],
    stride: number,
    dilation: number,
    convolve: (blocks: Tensor4D) => Tensor4D,
  ): Tensor4D {
    const [, height, width] = x.shape;
    const out = [height - (kernel[0] - 1) * dilation, width - (kernel[1] - 1) * dilation] as const;
    const more = (size: number) => (dilation - (size % dilation)) % dilation;
    const blocks = tf.spaceToBatchND(
      x,
      [dilation, dilation],
      [
        [0, more(height)],
        [0, more(width)],
      ],
    ) as Tensor4D;
    const whole = tf.batchToSpaceND(
      convolve(blocks),
      [dilation, dilation],
      [
        [0, 0],
        [0, 0],
      ],
    ) as Tensor4D;
    const every = tf.slice(whole, [0, 0, 0, 0], [-1, out[0], out[1], -1]) as Tensor4D;
    // Neighbours are in other blocks, so a stride can only pick from all positions. A pool of one value has a gradient, a strided slice has none.
    return stride === 1 ? every : tf.avgPool(every, 1, stride, 'valid');
  }

  return {
    input: () => {
      throw new TypeError('an input is given, not computed');
    },
    conv: ({ name, from, kernel, stride, dilation, groups, bias }, pass) => {
      const x = pass.map(from);
      const filter = pass.parameter(`${name}.weight`) as Tensor4D;
      const convolve = (input: Tensor4D, step: number, pad: 'same' | 'valid') =>
        groups > 1 ? tf.depthwiseConv2d(input, filter, step, pad) : tf.conv2d(input, filter, step, pad);
      if (dilation > 1) {
        const wide = padded(x, kernel, stride, dilation, 0);
        const y = dilatedConv(wide, kernel, stride, dilation, (blocks) => convolve(blocks, 1, 'valid'));
        return addBias(y, bias, name, pass);
      }
      // "same" is TensorFlow's fast path. It agrees with slidingWindow where the stride is 1 and the kernel odd.
      const symmetric = stride === 1 && kernel.every((size) => size % 2 === 1);
      const y = symmetric ? convolve(x, 1, 'same') : convolve(padded(x, kernel, stride, 1, 0), stride, 'valid');
      return addBias(y, bias, name, pass);
    },
    deconv: ({ name, from, filters, kernel, stride, bias, like }, pass) => {
      const x = pass.map(from);
      const [batch, height, width] = x.shape;
      const wanted = pass.map(like).shape;
      const rows = transposedWindow(height, kernel[0], stride, wanted[1]);
      const columns = transposedWindow(width, kernel[1], stride, wanted[2]);
      const filter = pass.parameter(`${name}.weight`) as Tensor4D;
      const full = tf.conv2dTranspose(x, filter, [batch, rows.full, columns.full, filters], stride, 'valid');
      const missing = (after: number) => Math.max(-after, 0);
      const whole = tf.pad(full, [
        [0, 0],
        [0, missing(rows.after)],
        [0, missing(columns.after)],
        [0, 0],
      ]);
      const cut = tf.slice(whole, [0, rows.before, columns.before, 0], [-1, wanted[1], wanted[2], -1]) as Tensor4D;
      return addBias(cut, bias, name, pass);
    },
    maxPool: ({ from, kernel, stride }, pass) =>
      // The lowest float rather than minus infinity, so that the gradient is defined.
      tf.maxPool(padded(pass.map(from), [kernel, kernel], stride, 1, -3.4e38), kernel, stride, 'valid'),
    maxUnpool: ({ from, indicesOf }, pass) => {
      const pool = pass.layer(indicesOf) as Extract<Layer, { op: 'maxPool' }>;
      return kernels.maxUnpool(pass.map(from), pass.map(pool.from), pass.argmax.get(indicesOf)!);
    },
    batchNorm: ({ name, from, epsilon }, pass) => {
      const x = pass.map(from);
      const [gamma, beta] = [pass.parameter(`${name}.weight`), pass.parameter(`${name}.bias`)];
      if (!pass.training) {
        const [mean, variance] = [pass.parameter(`${name}.running_mean`), pass.parameter(`${name}.running_var`)];
        return tf.batchNorm(
          x,
          mean as Tensor1D,
          variance as Tensor1D,
          beta as Tensor1D,
          gamma as Tensor1D,
          epsilon,
        ) as Tensor4D;
      }
      const { normalised, mean, variance } = kernels.batchNorm(x, gamma, beta, epsilon);
      pass.onStatistics?.(name, mean, variance);
      return normalised;
    },
    relu: ({ from }, pass) => tf.relu(pass.map(from)),
    prelu: ({ name, from }, pass) => tf.prelu(pass.map(from), pass.parameter(`${name}.weight`)) as Tensor4D,
    add: ({ from }, pass) => tf.add(pass.map(from[0]), pass.map(from[1])),
    concat: ({ from }, pass) => tf.concat(from.map(pass.map), 3),
    resizeBilinear: ({ from, like }, pass) => {
      const [, height, width] = pass.map(like).shape;
      return tf.image.resizeBilinear(pass.map(from), [height, width], true);
    },
    padChannels: ({ from, channels }, pass) => {
      const x = pass.map(from);
      return tf.pad(x, [
        [0, 0],
        [0, 0],
        [0, 0],
        [0, channels - x.shape[3]],
      ]) as Tensor4D;
    },
    dropout: ({ name, from, rate, spatial }, pass) => {
      const x = pass.map(from);
      if (!pass.training) return x;
      const [batch, , , channels] = x.shape;
      return tf.dropout(
        x,
        rate,
        spatial ? [batch, 1, 1, channels] : undefined,
        layerSeed(pass.seed ?? 0, name),
      ) as Tensor4D;
    },
  };
}

/** The seed of a layer, made from a step's seed, so that a resumed training drops the same values. */
function layerSeed(seed: number, name: string): number {
  let hash = seed | 0;
  for (let i = 0; i < name.length; i += 1) hash = Math.imul(hash ^ name.charCodeAt(i), 0x5bd1e995);
  return hash >>> 1;
}
