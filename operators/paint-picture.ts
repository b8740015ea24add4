import type { ClassMask } from '../model/engine.js';
import { type Paint, paintPlane } from './blend.js';
import { pictureBytes } from './frame.js';

/** How a mask is shown: laid over the picture, alone, beside the picture, or laid over it and beside that. */
export type Visualize = 'overlay' | 'mask' | 'side-by-side' | 'overlay,mask';

/** Every {@link Visualize}. */
export const visualizations: readonly Visualize[] = ['overlay', 'mask', 'side-by-side', 'overlay,mask'];

/** How each class is painted on the planes Y, U and V. */
export type Paints = readonly [Paint, Paint, Paint];

/** A picture to be painted, and the memory for the result. */
export interface PaintJob {
  readonly visualize: Visualize;
  readonly width: number;
  readonly height: number;
  /** The planes of the picture; not needed for `mask`. */
  readonly data: Uint8Array | undefined;
  readonly mask: ClassMask;
  readonly paints: Paints;
  /** How the left one of two pictures is painted; absent if it stays as it is. */
  readonly leftPaints?: Paints | undefined;
  /** The planes of the result, {@link paintedBytes} in size. */
  readonly out: Uint8Array;
}

/** Returns the buffers to be transferred to another thread: memory that is not shared and belongs to this array alone. */
export function transferable(out: Uint8Array): ArrayBuffer[] {
  return out.buffer instanceof ArrayBuffer && out.byteLength === out.buffer.byteLength ? [out.buffer] : [];
}

/** Returns the width of what {@link paintPicture} makes: of two pictures side by side, each has an even width. */
export function paintedWidth(visualize: Visualize, width: number): number {
  return isBeside(visualize) ? 2 * evenWidth(width) : width;
}

/** True if there are two pictures side by side. */
function isBeside(visualize: Visualize): boolean {
  return visualize === 'side-by-side' || visualize === 'overlay,mask';
}

function evenWidth(width: number): number {
  return width + (width & 1);
}

/** Returns the bytes of what {@link paintPicture} makes. */
export function paintedBytes(visualize: Visualize, width: number, height: number): number {
  return pictureBytes('yuv420p', paintedWidth(visualize, width), height);
}

/** Paints a mask over a 4:2:0 picture, alone, or beside it. */
export function paintPicture({ visualize, width, height, data, mask, paints, leftPaints, out }: PaintJob): void {
  const outWidth = paintedWidth(visualize, width);
  if (visualize === 'overlay') out.set(data!);
  const chromaStride = Math.ceil(outWidth / 2);
  const chromaHeight = Math.ceil(height / 2);
  const planes = [
    { offset: 0, stride: outWidth, height },
    { offset: outWidth * height, stride: chromaStride, height: chromaHeight },
    { offset: outWidth * height + chromaStride * chromaHeight, stride: chromaStride, height: chromaHeight },
  ];
  let from = 0;
  for (const [index, { offset, stride, height: rows }] of planes.entries()) {
    const isLuma = index === 0;
    const painted = isLuma ? width : Math.ceil(width / 2);
    const left = isBeside(visualize) ? stride / 2 : 0;
    if (isBeside(visualize)) {
      copyLeft(data!.subarray(from, from + painted * rows), painted, out, offset, stride);
      from += painted * rows;
      if (leftPaints) paintPlane({ data: out, offset, stride, width: left, height: rows }, mask, leftPaints[index]!);
    }
    const plane = { data: out, offset: offset + left, stride, width: stride - left, height: rows };
    paintPlane(plane, mask, paints[index]!);
  }
}

/** Copies the rows of a plane to the left half of a wider one; an odd last column is repeated. */
function copyLeft(plane: Uint8Array, width: number, out: Uint8Array, offset: number, stride: number): void {
  for (let from = 0, to = offset; from < plane.length; from += width, to += stride) {
    out.set(plane.subarray(from, from + width), to);
    if (width < stride / 2) out[to + width] = plane[from + width - 1]!;
  }
}
