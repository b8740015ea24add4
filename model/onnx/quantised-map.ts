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
   * The channel in each slot of the last dimension; -1 for padding, which is zero (`zeroPoint`). The number of slots is a
   * multiple of 16, which the fast convolution kernels of ONNX Runtime need.
   */
  readonly slots: readonly number[];
}

/** The number of slots is a multiple of this. */
const SLOT_MULTIPLE = 16;

/** How many slots `channels` take. */
export function slotsNeeded(channels: number): number {
  return Math.ceil(channels / SLOT_MULTIPLE) * SLOT_MULTIPLE;
}

/** Slots with the channels in order, followed by padding. */
export function plainSlots(channels: number): number[] {
  return Array.from({ length: slotsNeeded(channels) }, (_, i) => (i < channels ? i : -1));
}

/** The scale and zero point that cover a range. Zero is always included, and exact. */
export function affineOf([low, high]: Range): Affine {
  const [least, greatest] = [Math.min(low, 0), Math.max(high, 0)];
  // For a layer that was zero on every picture any scale will do.
  const scale = Math.fround((greatest - least) / 255 || 1);
  return { scale, zeroPoint: Math.round(-least / scale) };
}

/** The smallest and largest value that bytes can stand for. */
export function boundsOf({ scale, zeroPoint }: Affine): Range {
  return [-zeroPoint * scale, (255 - zeroPoint) * scale];
}
