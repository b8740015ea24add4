import type { ClassMask } from './engine.js';

/**
 * Scales a mask to exactly `width` x `height` by nearest neighbour, because class indices have no values in between; the same mask
 * if it has that size.
 */
export function scaleMask(mask: ClassMask, width: number, height: number): ClassMask {
  if (mask.width === width && mask.height === height) return mask;
  const data = new Uint8Array(width * height);
  const columns = Int32Array.from({ length: width }, (_, x) => Math.floor(((x + 0.5) * mask.width) / width));
  let madeRow = -1;
  for (let y = 0; y < height; y++) {
    const row = Math.floor(((y + 0.5) * mask.height) / height);
    const start = y * width;
    // Rows that fall on one row of the mask are alike.
    if (row === madeRow) data.copyWithin(start, start - width, start);
    else for (let x = 0; x < width; x++) data[start + x] = mask.data[row * mask.width + columns[x]!]!;
    madeRow = row;
  }
  return { width, height, data };
}
