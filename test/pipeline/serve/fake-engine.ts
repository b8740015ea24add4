import { setTimeout as sleep } from 'node:timers/promises';
import type { ClassMask, Engine, RgbPicture } from '../../../model/engine.js';

export interface FakeEngineOptions {
  /** How long a batch takes. @default 0 */
  readonly delayMs?: number;
  readonly width?: number;
  readonly height?: number;
}

/** An engine whose masks are known beforehand: sky above the middle, road below it, car where a pixel is red. */
export function fakeEngine({
  delayMs = 0,
  width = 480,
  height = 360,
}: FakeEngineOptions = {}): Engine & { batches: number } {
  return {
    name: 'fake',
    provider: 'cpu',
    network: 'segnet-fake',
    precision: 'float32',
    classes: [
      { name: 'sky', colour: [128, 128, 128] },
      { name: 'road', colour: [128, 64, 128] },
      { name: 'car', colour: [64, 0, 128] },
    ],
    inputSize: { width, height },
    description: 'An engine for tests',
    batches: 0,
    async segment(batch) {
      this.batches += 1;
      if (delayMs > 0) await sleep(delayMs);
      return batch.map(segmentByHand);
    },
    async close() {},
  };
}

function segmentByHand({ width, height, data }: RgbPicture): ClassMask {
  const mask = new Uint8Array(width * height);
  for (let pixel = 0; pixel < mask.length; pixel++) {
    const isRed = data[pixel * 3]! > 180 && data[pixel * 3 + 1]! < 90;
    mask[pixel] = isRed ? 2 : pixel < mask.length / 2 ? 0 : 1;
  }
  return { width, height, data: mask };
}
