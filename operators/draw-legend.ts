import { formatShare, type LegendPlane, type RenderedLegend } from './legend.js';

/**
 * Draws a legend and the shares into the lower left corner of a 4:2:0 picture, in place, a little off its edges.
 *
 * @param shares by class index, 0 to 1
 */
export function drawLegend(
  data: Uint8Array,
  width: number,
  height: number,
  legend: RenderedLegend,
  shares: readonly number[],
): void {
  const [luma] = legend.planes;
  const margin = 2 * Math.floor(height / 100);
  const left = Math.max(0, Math.min(margin, 2 * Math.floor((width - luma.width) / 2)));
  const top = Math.max(0, 2 * Math.floor((height - luma.height - margin) / 2));
  const stride = Math.ceil(width / 2);
  const chroma = width * height;
  layOn(data, top * width + left, width, luma);
  for (const plane of [1, 2] as const) {
    const start = chroma + (plane - 1) * stride * Math.ceil(height / 2);
    layOn(data, start + (top / 2) * stride + left / 2, stride, legend.planes[plane]);
  }
  for (const { classIndex, right, top: rowTop } of legend.rows) {
    const characters = [...formatShare(shares[classIndex] ?? 0)].map((character) => legend.characters[character]!);
    let x = left + right - characters.reduce((sum, character) => sum + character.width, 0);
    for (const { width: own, cover } of characters) {
      writeLuma(data, (top + rowTop) * width + x, width, own, cover, legend.white);
      x += own;
    }
  }
}

function layOn(data: Uint8Array, start: number, stride: number, { width, height, add, rest }: LegendPlane): void {
  for (let y = 0, from = 0; y < height; y++) {
    let at = start + y * stride;
    for (let x = 0; x < width; x++, at++, from++) data[at] = add[from]! + Math.round((data[at]! * rest[from]!) / 255);
  }
}

/** Draws white text, which needs no chroma of its own on a legend's dark background. */
function writeLuma(
  data: Uint8Array,
  start: number,
  stride: number,
  width: number,
  cover: Uint8Array,
  white: number,
): void {
  for (let from = 0; from < cover.length; from++) {
    const at = start + Math.floor(from / width) * stride + (from % width);
    data[at] = data[at]! + Math.round(((white - data[at]!) * cover[from]!) / 255);
  }
}
