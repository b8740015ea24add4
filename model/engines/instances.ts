import type { Engine, RgbPicture } from '../engine.js';
import { Failure } from '../failure.js';
import type { Weights } from '../weights.js';

/** Beyond so many, frames wait for decoding and encoding rather than for the network, and each holds maps and packed weights of its own. */
const MOST_INSTANCES = 4;

/**
 * Shares threads between as many instances as pay: threads of one instance wait for each other at every layer, instances never.
 *
 * @returns The threads of each.
 */
export function planInstances(threads: number): readonly number[] {
  const instances = Math.min(threads, MOST_INSTANCES);
  return Array.from({ length: instances }, (_, i) => Math.floor((threads + i) / instances)).reverse();
}

/** The same weights in shared memory, of which no thread gets a copy of its own: SegNet's are 118 MB. Those that were read from a file are there already. */
export function shareWeights({ card, tensors }: Weights): Weights {
  const share = (data: Float32Array) => {
    if (data.buffer instanceof SharedArrayBuffer) return data;
    const shared = new Float32Array(new SharedArrayBuffer(data.byteLength));
    shared.set(data);
    return shared;
  };
  return {
    card,
    tensors: new Map([...tensors].map(([name, { shape, data }]) => [name, { shape, data: share(data) }] as const)),
  };
}

/**
 * Several instances of one engine as one that computes so many batches at a time. The first is made now, each other when a
 * batch finds those that there are busy after the first has answered once (before that it would only take the processor from
 * the first picture), and is given work once it has segmented a blank picture; where that fails (no
 * memory, say), they go on without it. One that fails later is given none any more.
 *
 * @param make Makes one that may use so many threads.
 * @param plan The threads of each, of two or more.
 * @throws What `make` throws for the first.
 */
export async function createInstances(
  make: (threads: number) => Promise<Engine>,
  plan: readonly number[],
): Promise<Engine> {
  const first = await make(plan[0]!);
  // A GPU takes one batch after the other, and is filled by larger ones.
  if (first.provider !== 'cpu') return first;
  const all = [{ engine: first, underWay: 0 }];
  let made = 1;
  let making: Promise<void> | undefined;
  let hasAnswered = false;
  let isClosed = false;

  async function another({ width, height }: RgbPicture): Promise<void> {
    let engine: Engine | undefined;
    try {
      engine = await make(plan[made]!);
      if (!isClosed) await engine.segment([{ width, height, data: new Uint8Array(width * height * 3) }]);
      if (isClosed) return await engine.close();
      all.push({ engine, underWay: 0 });
      made += 1;
      // Otherwise `making` stays: there are no more.
      if (made < plan.length) making = undefined;
    } catch {
      // `making` stays: it is not tried again.
      await engine?.close();
    }
  }

  return {
    ...first,
    get instances() {
      return all.length;
    },
    async segment(batch, options) {
      const idlest = all.reduce((best, each) => (each.underWay < best.underWay ? each : best));
      if (hasAnswered && idlest.underWay > 0 && !isClosed && batch.length > 0) making ??= another(batch[0]!);
      idlest.underWay += 1;
      try {
        const masks = await idlest.engine.segment(batch, options);
        hasAnswered = true;
        return masks;
      } catch (error) {
        const place = all.indexOf(idlest);
        if (error instanceof Failure && error.code === 'ENGINE_FAILED' && all.length > 1 && place >= 0) {
          all.splice(place, 1);
          void idlest.engine.close();
        }
        throw error;
      } finally {
        idlest.underWay -= 1;
      }
    },
    async close() {
      isClosed = true;
      await Promise.all([...all.map(({ engine }) => engine.close()), making]);
    },
  };
}
