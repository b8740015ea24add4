import type { Worker } from 'node:worker_threads';
import type { Engine } from '../engine.js';
import { Failure } from '../failure.js';
import { startWorker } from '../start-worker.js';
import { createBatchSegmenter, type Masks, type SegmentRequest } from './batch.js';
import { createComputing, dropComputing, type OfEngine } from './computing.js';
import { WorkerQueue } from './worker-queue.js';

/** What an engine is started from. */
export interface EngineStart<Data extends object> {
  /** The engine's name, for messages. */
  readonly engine: string;
  /** A sentence that says how to get the engine. */
  readonly advice: string;
  /** The module of its thread, which begins with `engineThread`. */
  readonly module: URL;
  /** What the thread gets as `workerData`. */
  readonly data: Data;
}

/** An engine's thread that has begun, and the two methods of `Engine` that it serves. */
export interface StartedEngine<Began> extends Pick<Engine, 'segment' | 'close'> {
  /** The thread's first message, which says whether and how the engine started. */
  readonly began: Began;
}

/**
 * Starts the thread of an engine and waits for its first message.
 *
 * @throws `Failure` `ENGINE_UNAVAILABLE` where the thread throws or ends before that.
 */
export async function startEngine<Began, Data extends object>(start: EngineStart<Data>): Promise<StartedEngine<Began>> {
  const computing = createComputing();
  const worker = startWorker(start.module, { workerData: { ...start.data, computing } satisfies OfEngine<Data> });
  worker.once('exit', () => dropComputing(computing));
  const began = await firstMessage<Began>(worker, start);
  const queue = new WorkerQueue<SegmentRequest, Masks>(start.engine, worker, computing);
  const segment = createBatchSegmenter(queue);
  return {
    began,
    segment: (batch, { signal } = {}) => segment(batch, signal),
    close: () => queue.close(),
  };
}

function firstMessage<Began>(worker: Worker, { engine, advice }: EngineStart<object>): Promise<Began> {
  return new Promise((resolve, reject) => {
    const fail = (reason: string, cause?: Error) =>
      reject(
        new Failure('ENGINE_UNAVAILABLE', `The ${engine} engine could not start: ${reason}. ${advice}`, { cause }),
      );
    worker.once('error', (error) => fail(error.message, error));
    worker.once('exit', () => fail('its thread ended'));
    worker.once('message', resolve);
  });
}
