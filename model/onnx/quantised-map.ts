import type { Range } from '../calibration.js';
import type { Shape } from '../shapes.js';

/** What a byte stands for: `scale * (byte - zeroPoint)`. */
export interface Affine {
  readonly scale: number;
  readonly zeroPoint: number;
}

/** A layer's output as bytes [N, height, width, slots]. */
export interface QuantisedMap extends Affine {
  /** The ONNX name. */
  readonly name: string;
  readonly shape: Shape;
  /**
   * The channel that each place of the last dimension holds, -1 for padding, which is zero (`zeroPoint`). Places come
   * in multiples of 16, which the fast convolution kernels of ONNX Runtime need.
   */
  readonly slots: readonly number[];
}

/** Places come in multiples of this. */
export const SLOT_MULTIPLE = 16;

/** How many places `channels` take. */
export function paddedChannels(channels: number): number {
  return Math.ceil(channels / SLOT_MULTIPLE) * SLOT_MULTIPLE;
}

/** Channels in their order, then padding. */
export function plainSlots(channels: number): number[] {
  return Array.from({ length: paddedChannels(channels) }, (_, i) => (i < channels ? i : -1));
}

/** The bytes that cover a range. Zero is always among the values, and exact. */
export function affineOf([low, high]: Range): Affine {
  const [least, greatest] = [Math.min(low, 0), Math.max(high, 0)];
  // A layer that was zero on every picture: any scale does.
  const scale = Math.fround((greatest - least) / 255 || 1);
  return { scale, zeroPoint: Math.round(-least / scale) };
}

/** The least and the greatest value that bytes can stand for. */
export function boundsOf({ scale, zeroPoint }: Affine): Range {
  return [-zeroPoint * scale, (255 - zeroPoint) * scale];
}
