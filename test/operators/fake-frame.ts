import type { Frame, SegmentedFrame } from '../../operators/frame.js';
import { createGate } from '../../operators/gate.js';

/** A small frame, grey unless told otherwise, for steps that need no video. */
export function fakeFrame(changes: Partial<Frame> = {}): Frame {
  const [width, height] = [8, 6];
  return {
    source: 'camera',
    epoch: 0,
    index: 0,
    ptsUs: (changes.index ?? 0) * 40_000,
    arrivedAt: performance.timeOrigin + performance.now(),
    picture: { width, height, pixelAspect: [1, 1], data: new Uint8Array(72).fill(128), colour: { range: 'tv' } },
    input: { width: 4, height: 3, data: new Uint8Array(36).fill(100) },
    stepTimes: { decode: 1 },
    gate: createGate(4),
    ...changes,
  };
}

/** The same, with a mask of 4 x 3 of two classes. */
export function fakeSegmentedFrame(changes: Partial<SegmentedFrame> = {}): SegmentedFrame {
  return {
    ...fakeFrame(changes),
    mask: { width: 4, height: 3, data: new Uint8Array(12) },
    classes: [
      { name: 'road', colour: [128, 64, 128] },
      { name: 'car', colour: [64, 0, 128] },
    ],
    shares: [1, 0],
    carried: false,
    ...changes,
  };
}
