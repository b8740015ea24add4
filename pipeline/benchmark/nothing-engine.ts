import type { ClassLabel, Engine, RgbPicture } from '../../model/engine.js';

const classes: readonly ClassLabel[] = [
  { name: 'left', colour: [128, 64, 128] },
  { name: 'middle', colour: [128, 128, 0] },
  { name: 'right', colour: [70, 130, 180] },
];

/** An engine that computes nothing: every mask is the same three vertical bands. With it, a run costs only what is around the network. */
export function createNothingEngine(): Engine {
  const masks = new Map<string, Uint8Array>();
  const bandsOf = ({ width, height }: RgbPicture): Uint8Array => {
    const key = `${width}x${height}`;
    const known = masks.get(key);
    if (known !== undefined) return known;
    const data = Uint8Array.from({ length: width * height }, (_, i) => Math.floor(((i % width) * 3) / width));
    masks.set(key, data);
    return data;
  };
  return {
    name: 'none',
    provider: 'cpu',
    network: 'none',
    precision: 'float32',
    classes,
    inputSize: { width: 480, height: 360 },
    description: 'An engine that computes nothing',
    segment: async (batch) =>
      batch.map((picture) => ({ width: picture.width, height: picture.height, data: bandsOf(picture) })),
    close: async () => {},
  };
}
