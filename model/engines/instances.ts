import type { Engine, RgbPicture } from '../engine.js';
import { Failure } from '../failure.js';
import type { Weights } from '../weights.js';

/**
 * With more instances, frames wait for decoding and encoding rather than for the network, and each instance holds its own maps
 * and packed weights.
 */
const MOST_INSTANCES = 4;

/**
 * Divides threads between as many instances as are worthwhile: the threads of one instance wait for each other at every layer,
 * while instances never wait for each other.
 *
 * @returns The number of threads of each instance.
 */
export function planInstances(threads: number): readonly number[] {
  const instances = Math.min(threads, MOST_INSTANCES);
  return Array.from({ length: instances }, (_, i) => Math.floor((threads + i) / instances)).reverse();
}

/** The same weights in shared memory, so that threads need no copies (SegNet's are 118 MB). Weights that were read from a file are shared already. */
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
 * Combines several instances of an engine into one engine that computes several batches at a time. Creates the first instance
 * now. Adds one more whenever all are busy, once the first has answered (earlier it would only take the processor from the
 * first picture); each is warmed up on a blank picture before it gets work. If creating one fails (for lack of memory, say), no
 * more are tried. An instance that fails later gets no more work.
 *
 * @param make Creates an instance that may use the given number of threads.
 * @param plan The number of threads of each instance, two instances or more.
 * @throws What `make` throws for the first instance.
 */
export async function createInstances(
  make: (threads: number) => Promise<Engine>,
  plan: readonly number[],
): Promise<Engine> {
  const first = await make(plan[0]!);
  // A GPU takes one batch after another; larger batches fill it, more instances do not.
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
      // Otherwise `making` stays set, since the plan has no more instances.
      if (made < plan.length) making = undefined;
    } catch {
      // `making` stays set, so that no more are tried.
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
