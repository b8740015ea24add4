import type { ClassLabel, Engine, RgbPicture } from '../../model/engine.js';

const classes: readonly ClassLabel[] = [
  { name: 'dark', colour: [40, 60, 200] },
  { name: 'middle', colour: [60, 200, 60] },
  { name: 'bright', colour: [220, 50, 50] },
];

/** What the fake was asked, and how it is to behave. */
export interface FakeEngine extends Engine {
  /** Sizes of the batches, in the order in which they came. */
  readonly batches: number[];
}

/** An engine without a network: a pixel's class is its green value in thirds, after `delayMs`, one batch after the other. */
export function createFakeEngine({ delayMs = 0, failAfter = Number.POSITIVE_INFINITY } = {}): FakeEngine {
  const batches: number[] = [];
  let tail: Promise<void> = Promise.resolve();
  return {
    name: 'fake',
    provider: 'cpu',
    network: 'thirds',
    precision: 'float32',
    classes,
    inputSize: { width: 480, height: 360 },
    description: 'A fake for tests.',
    batches,
    async segment(batch) {
      batches.push(batch.length);
      const number = batches.length;
      const before = tail;
      tail = before.then(
        () => new Promise<void>((resolve) => (delayMs > 0 ? setTimeout(resolve, delayMs) : setImmediate(resolve))),
      );
      await tail;
      if (number > failAfter) throw new Error('the fake engine fails');
      return batch.map(thirds);
    },
    async close() {},
  };
}

/** The mask that the fake gives for a picture. */
export function thirds({ width, height, data }: RgbPicture) {
  return {
    width,
    height,
    data: Uint8Array.from({ length: width * height }, (_, i) => Math.floor(data[i * 3 + 1]! / 86)),
  };
}
