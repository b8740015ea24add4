import type { Engine } from '../engine.js';
import { Failure } from '../failure.js';
import type { Network } from '../network.js';
import { networkOf } from '../networks/network-of.js';
import { prepareTensorflow, TENSORFLOW_SETUP } from '../training/tensorflow.js';
import type { Weights } from '../weights.js';
import { startEngine } from './start-engine.js';

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

/** What the thread of the tensorflow engine is started with. */
export interface TensorflowData {
  readonly network: Network;
  readonly weights: Weights;
}

/** How the tensorflow engine started. */
export type TensorflowBegan = { readonly type: 'ready' } | { readonly type: 'unavailable'; readonly reason: string };

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
  const { began, segment, close } = await startEngine<TensorflowBegan, TensorflowData>({
    engine: 'tensorflow',
    advice: `Run ${TENSORFLOW_SETUP}`,
    module: new URL('./tensorflow-worker.js', import.meta.url),
    data: { network, weights },
  });
  if (began.type === 'unavailable') {
    await close();
    throw new Failure('ENGINE_UNAVAILABLE', began.reason);
  }

  return {
    name: 'tensorflow',
    provider: 'tensorflow',
    network: network.name,
    precision: 'float32',
    classes: card.classes,
    inputSize: card.inputSize,
    description: 'TensorFlow in float32, on the GPU where its library finds one',
    segment,
    close,
  };
}
