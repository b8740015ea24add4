import type { Engine } from '../engine.js';
import type { Weights } from '../weights.js';

/** Beyond so many, frames wait for decoding and encoding rather than for the network, and each holds weights and maps of its own. */
const MOST_INSTANCES = 4;

/** How the processor's threads are shared between instances of an engine. */
export interface InstancePlan {
  readonly instances: number;
  /** Of each. */
  readonly threads: number;
}

/** Shares threads between as many instances as pay: threads of one instance wait for each other at every layer, instances never. */
export function planInstances(threads: number): InstancePlan {
  const instances = Math.min(threads, MOST_INSTANCES);
  return { instances, threads: Math.floor(threads / instances) };
}

/** The same weights in shared memory, of which no thread gets a copy of its own: SegNet's are 118 MB. */
export function shareWeights({ card, tensors }: Weights): Weights {
  const share = (data: Float32Array) => {
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
 * batch finds those that there are busy; where another cannot be made (no memory, say), they go on without it.
 *
 * @throws What `make` throws for the first.
 */
export async function createInstances(make: () => Promise<Engine>, most: number): Promise<Engine> {
  const first = await make();
  // A GPU takes one batch after the other, and is filled by larger ones.
  if (most === 1 || first.provider !== 'cpu') return first;
  const all = [{ engine: first, underWay: 0 }];
  let making: Promise<void> | undefined;
  let isClosed = false;

  async function another(): Promise<void> {
    try {
      const engine = await make();
      if (isClosed) await engine.close();
      else all.push({ engine, underWay: 0 });
      making = all.length < most ? undefined : Promise.resolve();
    } catch {
      // `making` stays: it is not tried again.
    }
  }

  return {
    ...first,
    instances: most,
    async segment(batch, options) {
      const idlest = all.reduce((best, each) => (each.underWay < best.underWay ? each : best));
      if (idlest.underWay > 0) making ??= another();
      idlest.underWay += 1;
      try {
        return await idlest.engine.segment(batch, options);
      } finally {
        idlest.underWay -= 1;
      }
    },
    async close() {
      isClosed = true;
      await making;
      await Promise.all(all.map(({ engine }) => engine.close()));
    },
  };
}
