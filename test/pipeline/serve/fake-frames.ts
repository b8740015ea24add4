import type { SegmentedFrame } from '../../../operators/frame.js';
import { createGate } from '../../../operators/gate.js';

/** A segmented frame of 64 x 48 pixels, 128 x 96 at the source, that arrived now: sky over road, its index written as brightness. */
export function fakeFrame(given: Partial<SegmentedFrame> = {}): SegmentedFrame {
  const width = 64;
  const height = 48;
  const index = given.index ?? 0;
  const mask = new Uint8Array(width * height).fill(1, (width * height) / 2);
  return {
    source: 'front',
    epoch: 0,
    index,
    ptsUs: index * 40_000,
    arrivedAt: performance.timeOrigin + performance.now(),
    picture: { width: 128, height: 96, pixelAspect: [1, 1], data: greyPicture(index), colour: {} },
    input: { width, height, data: new Uint8Array(width * height * 3).fill(index % 256) },
    stepTimes: { decode: 3, segment: 20 },
    gate: createGate(2),
    mask: { width, height, data: mask },
    classes: [
      { name: 'sky', colour: [128, 128, 128] },
      { name: 'road', colour: [128, 64, 128] },
    ],
    shares: [0.5, 0.5],
    carried: false,
    ...given,
  };
}

function greyPicture(index: number): Uint8Array {
  const data = new Uint8Array((128 * 96 * 3) / 2).fill(128);
  return data.fill(16 + Math.round(((index % 256) * 219) / 255), 0, 128 * 96);
}
