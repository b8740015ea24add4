import type { ClassMask, Engine, RgbPicture } from '../model/engine.js';
import { Failure } from '../model/failure.js';
import type { Size } from '../model/size.js';

/** One picture to be segmented. */
export interface Job {
  /** Jobs of one queue are done in order; queues take turns. Any object of the caller's, compared by identity. */
  readonly queue: object;
  readonly picture: RgbPicture;
  /** The largest batch that it may be part of, in pictures, itself included. */
  readonly batch: number;
  /** How long it may wait for other jobs when the engine is idle, ms. */
  readonly maxWaitMs: number;
  /** It takes the place of a job of its queue that waits, which resolves with `undefined`. @default false */
  readonly supersedes?: boolean | undefined;
  /** A job that still waits on abort is dropped and never settles; one under way settles. */
  readonly signal: AbortSignal;
}

/** A mask, and when the engine began and ended its batch: `performance.now()`, ms. */
export interface JobResult {
  readonly mask: ClassMask;
  readonly beganAt: number;
  readonly endedAt: number;
}

/** Passes the frames of all streams to one engine. */
export interface Scheduler {
  /** Resolves with `undefined` for a job that is superseded. */
  submit(job: Job): Promise<JobResult | undefined>;
}

interface Waiting {
  readonly job: Job;
  readonly since: number;
  readonly resolve: (result: JobResult | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The number of batches that each instance of the engine has at a time: one that it works on, and the next, so that it
 * need not wait for an event loop that is busy copying pictures.
 */
const batchesUnderWay = 2;

const schedulers = new WeakMap<Engine, Scheduler>();

/** Returns an engine's one scheduler, shared by every stream that uses the engine. */
export function schedulerOf(engine: Engine): Scheduler {
  let scheduler = schedulers.get(engine);
  if (!scheduler) {
    scheduler = createScheduler(engine);
    schedulers.set(engine, scheduler);
  }
  return scheduler;
}

/**
 * Makes a scheduler. Whenever the engine can take a batch it sends waiting jobs, one picture from each queue in turn
 * and all of one size. No job whose turn it is waits longer than its `maxWaitMs` for others.
 */
function createScheduler(engine: Engine): Scheduler {
  // In the order of their turns.
  const queues = new Map<object, Waiting[]>();
  let underWay = 0;
  const instances = () => Math.max(1, Math.trunc(engine.instances ?? 1) || 1);
  /** When the last batches ended, one per instance, oldest first. */
  const ends: number[] = [];
  let timer: NodeJS.Timeout | undefined;

  function forgetAborted(): void {
    for (const [key, queue] of queues) {
      const left = queue.filter(({ job }) => !job.signal.aborted);
      if (left.length > 0) queues.set(key, left);
      else queues.delete(key);
    }
  }

  /** Chooses the next batch of pictures of one size, without taking it out of the queues. */
  function choose({ width, height }: Size): Waiting[] {
    const chosen: Waiting[] = [];
    let room = Number.POSITIVE_INFINITY;
    const depths = [...queues.values()].map((queue) => queue.length);
    for (let depth = 0; depth < Math.max(0, ...depths); depth++) {
      for (const queue of queues.values()) {
        const waiting = queue[depth];
        if (!waiting || chosen.length >= room) continue;
        // A job may not overtake an earlier one of its own queue that did not fit.
        if (depth > 0 && !chosen.includes(queue[depth - 1]!)) continue;
        const { picture, batch } = waiting.job;
        if (picture.width !== width || picture.height !== height || batch <= chosen.length) continue;
        room = Math.min(room, batch);
        chosen.push(waiting);
      }
    }
    return chosen;
  }

  function takeOut(chosen: readonly Waiting[]): void {
    for (const { job } of chosen) {
      const queue = queues.get(job.queue)!;
      queue.shift();
      // The queue's next turn is the last.
      queues.delete(job.queue);
      if (queue.length > 0) queues.set(job.queue, queue);
    }
  }

  function pump(): void {
    clearTimeout(timer);
    timer = undefined;
    forgetAborted();
    while (underWay < batchesUnderWay * instances() && queues.size > 0) {
      // One batch for each size that is at the head of a queue, in the order of their turns.
      const heads = [...queues.values()].map(([head]) => head!.job.picture);
      const sizes = new Map(heads.map((head) => [`${head.width}x${head.height}`, head]));
      const batches = [...sizes.values()].map(choose);
      const waits = batches.map(leftMs);
      const ready = batches[waits.findIndex((ms) => ms <= 0)];
      if (ready === undefined) {
        timer = setTimeout(pump, Math.min(...waits));
        return;
      }
      takeOut(ready);
      void run(ready);
    }
  }

  async function run(batch: readonly Waiting[]): Promise<void> {
    underWay += 1;
    const sentAt = performance.now();
    try {
      const masks = await engine.segment(batch.map(({ job }) => job.picture));
      const endedAt = performance.now();
      checkMasks(engine, batch, masks);
      // An instance works on one batch at a time. With n instances this batch began no earlier than the n-th last batch
      // ended.
      const beganAt = Math.max(sentAt, ends.at(-instances()) ?? 0);
      ends.push(endedAt);
      ends.splice(0, ends.length - instances());
      for (const [index, { resolve }] of batch.entries()) resolve({ mask: masks[index]!, beganAt, endedAt });
    } catch (error) {
      for (const { reject } of batch) reject(error);
    } finally {
      underWay -= 1;
      pump();
    }
  }

  return {
    submit(job) {
      return new Promise((resolve, reject) => {
        const queue = queues.get(job.queue);
        const superseded = job.supersedes ? queue?.pop() : undefined;
        superseded?.resolve(undefined);
        // The wait for others goes on: with frames that come faster it would never end.
        const since = superseded?.since ?? performance.now();
        const waiting: Waiting = { job, since, resolve, reject };
        if (queue) queue.push(waiting);
        else queues.set(job.queue, [waiting]);
        pump();
      });
    },
  };
}

/** How long a batch may still wait for more pictures, ms; 0 or less for one that is full or due. */
function leftMs(batch: readonly Waiting[]): number {
  if (batch.some(({ job }) => job.batch <= batch.length)) return 0;
  return Math.min(...batch.map(({ job, since }) => since + job.maxWaitMs - performance.now()));
}

/**
 * Checks the result of an engine, which a caller may have written and which may break the contract of `Engine.segment`.
 * @throws `Failure` `ENGINE_FAILED`.
 */
function checkMasks(engine: Engine, batch: readonly Waiting[], masks: readonly ClassMask[]): void {
  for (const [index, { job }] of batch.entries()) {
    const { width, height } = job.picture;
    const mask = masks?.[index];
    if (mask?.width === width && mask.height === height && mask.data?.length === width * height) continue;
    const got = mask === undefined ? 'none' : `${mask.width}x${mask.height} with ${mask.data?.length} bytes`;
    throw new Failure(
      'ENGINE_FAILED',
      `Expected the ${engine.name} engine to give a mask of ${width}x${height} for each picture, got ${got}`,
    );
  }
}
