import type { RgbPicture } from '../model/engine.js';

/** A picture as JPEG. `quality` is 1-100. Its Huffman tables are the standard's: own ones save 4 % and cost a third more time. */
export async function encodeJpeg({ width, height, data }: RgbPicture, quality: number): Promise<Uint8Array> {
  // Loaded by those alone who want JPEGs: it takes as long to load as the rest of `run`.
  const { default: sharp } = await import('sharp');
  return sharp(data, { raw: { width, height, channels: 3 } })
    .jpeg({ quality, optimiseCoding: false })
    .toBuffer();
}
