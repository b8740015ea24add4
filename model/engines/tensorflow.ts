import type { Engine } from '../engine.js';
import { Failure } from '../failure.js';
import type { Network } from '../network.js';
import { networkOf } from '../networks/network-of.js';
import { startWorker } from '../start-worker.js';
import { prepareTensorflow, TENSORFLOW_SETUP } from '../training/tensorflow.js';
import type { Weights } from '../weights.js';
import { createBatchSegmenter, type Masks, type SegmentRequest } from './batch.js';
import { type Computing, createComputing, dropComputing } from './computing.js';
import { firstReply } from './first-reply.js';
import { WorkerQueue } from './worker-queue.js';

/** Options of the tensorflow engine. */
export interface TensorflowEngineOptions {
  readonly weights: Weights;
  /**
   * The number of processor threads. TensorFlow reads it once per process, so a second engine keeps the number of the first.
   *
   * Defaults to one for each core.
   */
  readonly threads?: number;
  /**
   * A custom network, whose parameters the weights hold. Defaults to the one that the weights' card names.
   */
  readonly network?: Network;
}

/** The `workerData` of the tensorflow engine's worker. */
export interface TensorflowWorkerData {
  readonly computing: Computing;
  readonly network: Network;
  readonly weights: Weights;
}

/** A message from the worker: first `ready` or `unavailable`, then `masks` or `failed` for each request, in order. */
export type TensorflowReply =
  | { readonly type: 'ready' }
  | { readonly type: 'unavailable'; readonly reason: string }
  | Masks
  | { readonly type: 'failed'; readonly reason: string };

/**
 * Creates an engine on TensorFlow, which runs the function that is trained, without gradients, in its own thread.
 *
 * @throws `Failure` `WEIGHTS_MISMATCH` or `NETWORK_UNKNOWN` where weights and network do not fit; `ENGINE_UNAVAILABLE`
 * where TensorFlow is not set up or its thread dies at the start, saying how to set it up.
 */
export async function createTensorflowEngine(options: TensorflowEngineOptions): Promise<Engine> {
  const { weights, threads } = options;
  const { card } = weights;
  const network = networkOf(weights, options.network);
  prepareTensorflow(threads);
  const computing = createComputing();
  const worker = startWorker(new URL('./tensorflow-worker.js', import.meta.url), {
    workerData: { computing, network, weights } satisfies TensorflowWorkerData,
  });
  worker.once('exit', () => dropComputing(computing));
  const reply = await firstReply<TensorflowReply>(worker, 'tensorflow', `Run ${TENSORFLOW_SETUP}`);
  if (reply.type !== 'ready') {
    await worker.terminate();
    throw new Failure('ENGINE_UNAVAILABLE', reply.type === 'unavailable' ? reply.reason : 'TensorFlow did not start');
  }
  const queue = new WorkerQueue<SegmentRequest, Masks>('tensorflow', worker, computing);
  const segment = createBatchSegmenter(queue);

  return {
    name: 'tensorflow',
    provider: 'tensorflow',
    network: network.name,
    precision: 'float32',
    classes: card.classes,
    inputSize: card.inputSize,
    description: 'TensorFlow in float32, on the GPU where its library finds one',
    segment: (batch, { signal } = {}) => segment(batch, signal),
    close: () => queue.close(),
  };
}
