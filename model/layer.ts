/**
 * The vocabulary in which every network is written: one flat, ordered list of tagged layers.
 *
 * Everything else is derived from that list, each thing by one exhaustive set of `LayerRules`: valid field values
 * (`network.ts`), shapes (`shapes.ts`), parameters (`parameters.ts`), cost (`cost.ts`), the plain forward pass
 * (`engines/plain.ts`), the ONNX graph (`onnx/graph.ts`), its int8 form (`onnx/int8-layers.ts`) and the trainable TensorFlow
 * function (`training/forward.ts`).
 *
 * Window geometry is one rule for convolutions and pools (`slidingWindow` in `shapes.ts`): `out = ceil(in / stride)`, the
 * window begins `floor((effectiveKernel - 1) / 2)` before its first pixel, and whatever is missing at the far edge is
 * padded. For 2x2/2 that is Caffe's ceil pooling (45 rows -> 23, the last row pools alone); for odd kernels it is the
 * usual "same". Convolutions pad with zero, pools with minus infinity.
 */
export type Layer =
  | Input
  | Conv
  | Deconv
  | MaxPool
  | MaxUnpool
  | BatchNorm
  | Relu
  | Prelu
  | Add
  | Concat
  | ResizeBilinear
  | PadChannels
  | Dropout;

/** Every layer has a unique name, by which later layers and weights refer to it. */
interface Named {
  readonly name: string;
}

/** A layer with one input. */
interface Unary extends Named {
  /** The name of the layer whose output this one reads. */
  readonly from: string;
}

/** The picture: float, already normalised, `channels` maps at the network's input size. */
export interface Input extends Named {
  readonly op: 'input';
  readonly channels: number;
}

/**
 * A convolution; weights `NAME.weight` [filters, in / groups, kh, kw] and, with `bias`, `NAME.bias` [filters].
 *
 * Kernel sides, stride and dilation are whole numbers of at least 1, in any combination; stride and dilation are the same for
 * rows and columns. Training computes one with both a stride and a dilation above 1 as if its stride were 1, at that cost.
 */
export interface Conv extends Unary {
  readonly op: 'conv';
  readonly filters: number;
  /** Rows, columns. */
  readonly kernel: readonly [number, number];
  readonly stride: number;
  readonly dilation: number;
  /**
   * 1 for a dense convolution; the number of input channels, equal to `filters`, for a depthwise one
   * (SegNet-Basic-SingleChannelDecoder). `defineNetwork` refuses other values.
   */
  readonly groups: number;
  readonly bias: boolean;
}

/**
 * A transposed convolution, cut to the size of the layer `like`: the full output is `(in - 1) * stride + kernel`, of which
 * `floor((kernel - stride) / 2)` rows and columns are dropped at the near edge and the rest at the far one (where `like` is
 * larger, by less than a stride, the missing part holds the bias). The kernel is at least as large as the stride. Weights
 * `NAME.weight` [in, filters, kh, kw], `NAME.bias` [filters].
 */
export interface Deconv extends Unary {
  readonly op: 'deconv';
  readonly filters: number;
  readonly kernel: readonly [number, number];
  readonly stride: number;
  readonly bias: boolean;
  readonly like: string;
  /** Its initial weights in training: bilinear interpolation in FCN, He's normal distribution elsewhere. */
  readonly initial: 'he' | 'bilinear';
  /** False keeps the bilinear kernel fixed, so the layer has no trainable weights (FCN with fixed upsampling). */
  readonly learnt: boolean;
}

/** Max pooling; the argmax of a window is its first maximum in row-major order. */
export interface MaxPool extends Unary {
  readonly op: 'maxPool';
  readonly kernel: number;
  readonly stride: number;
}

/** Puts each value where the 2x2/2 pool `indicesOf` found its maximum, and zero elsewhere. The output is as large as that pool's input. */
export interface MaxUnpool extends Unary {
  readonly op: 'maxUnpool';
  readonly indicesOf: string;
}

/** Batch normalisation; `NAME.weight`, `.bias`, `.running_mean`, `.running_var`, each [channels]. */
export interface BatchNorm extends Unary {
  readonly op: 'batchNorm';
  readonly epsilon: number;
}

/** Rectified linear unit: negative values become zero. */
export interface Relu extends Unary {
  readonly op: 'relu';
}

/** Rectifier with a learnt slope for negative values, per channel: `NAME.weight` [channels]. */
export interface Prelu extends Unary {
  readonly op: 'prelu';
}

/** The sum of maps of the same shape. */
export interface Add extends Named {
  readonly op: 'add';
  readonly from: readonly [string, string];
}

/** Concatenates the channels of its inputs. */
export interface Concat extends Named {
  readonly op: 'concat';
  readonly from: readonly string[];
}

/** Fixed bilinear interpolation to the size of the layer `like`, corners aligned. */
export interface ResizeBilinear extends Unary {
  readonly op: 'resizeBilinear';
  readonly like: string;
}

/** Appends zero channels until there are `channels` (ENet's downsampling shortcut). */
export interface PadChannels extends Unary {
  readonly op: 'padChannels';
  readonly channels: number;
}

/** Has an effect only in training. */
export interface Dropout extends Unary {
  readonly op: 'dropout';
  readonly rate: number;
  /** True drops whole maps (ENet), false drops single values. */
  readonly spatial: boolean;
}

/** The names of the layers whose maps a layer reads, in order (without the pool of an unpool's indices and without `like`). */
export function inputsOf(layer: Layer): readonly string[] {
  if (layer.op === 'input') return [];
  return typeof layer.from === 'string' ? [layer.from] : layer.from;
}

/** One function for each kind of layer; the compiler reports missing kinds. */
export type LayerRules<Args extends readonly unknown[], Result> = {
  readonly [Op in Layer['op']]: (layer: Extract<Layer, { op: Op }>, ...args: Args) => Result;
};

/** Applies the rule for a layer's kind. */
export function applyRule<Args extends readonly unknown[], Result>(
  rules: LayerRules<Args, Result>,
  layer: Layer,
  ...args: Args
): Result {
  // The compiler cannot see that the rule is for this very kind.
  return (rules[layer.op] as (layer: Layer, ...args: Args) => Result)(layer, ...args);
}
