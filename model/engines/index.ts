import { availableParallelism } from 'node:os';
import type { Engine } from '../engine.js';
import { Failure } from '../failure.js';
import type { Network } from '../network.js';
import { checkWeightsCard, type Weights } from '../weights.js';
import {
  checkEngineChoices,
  type EngineName,
  type GoalName,
  type PrecisionName,
  type ProviderName,
} from './choices.js';
import { createInstances, planInstances, shareWeights } from './instances.js';

/** Options of an engine. */
export interface CreateEngineOptions {
  readonly weights: Weights;
  /**
   * `onnx` or `tensorflow`; `auto` uses the faster one that loads.
   *
   * @default 'auto'
   */
  readonly engine?: EngineName | undefined;
  /**
   * Where the onnx engine computes; `auto` uses the best provider that starts.
   *
   * @default 'auto'
   */
  readonly provider?: ProviderName | undefined;
  /**
   * `int8` is faster on processors and needs a calibrated weights file; `auto` uses it where both hold.
   *
   * @default 'auto'
   */
  readonly precision?: PrecisionName | undefined;
  /**
   * The number of processor threads. Defaults to as many as the network at this size keeps busy, at most one for each core.
   */
  readonly threads?: number | undefined;
  /**
   * `latency` computes each batch as fast as possible, with all threads. `throughput`, with onnx on a processor, computes
   * several batches at a time, in sessions of one or a few threads each.
   *
   * @default 'latency'
   */
  readonly goal?: GoalName | undefined;
  /**
   * A custom network (`defineNetwork`), whose parameters the weights hold. Defaults to the one that the weights' card names.
   */
  readonly network?: Network | undefined;
}

/**
 * Creates an engine. `auto` prefers onnx, on a GPU if one starts, otherwise on the processor, where it is faster than
 * TensorFlow; TensorFlow is used only if ONNX Runtime does not load. The engine's `description` says what was chosen and why.
 *
 * @throws `Failure` `ENGINE_UNAVAILABLE` where a named engine cannot start, saying how to get it; `OPTION_INVALID` for an
 * invalid value, or a provider or precision that the tensorflow engine does not have; as `createOnnxEngine` and
 * `createTensorflowEngine`.
 */
export async function createEngine(options: CreateEngineOptions): Promise<Engine> {
  const {
    weights,
    engine = 'auto',
    provider = 'auto',
    precision = 'auto',
    threads,
    network,
    goal = 'latency',
  } = options;
  checkEngineChoices(options);
  checkWeightsCard(weights);
  const common = { weights, ...(threads !== undefined && { threads }), ...(network !== undefined && { network }) };
  const createOnnx = async () => {
    const { createOnnxEngine } = await import('./onnx.js');
    const settings = { ...common, provider, precision };
    const plan = goal === 'throughput' ? planInstances(threads ?? availableParallelism()) : [];
    if (plan.length < 2) return createOnnxEngine(settings);
    const shared = { ...settings, weights: shareWeights(weights) };
    const make = (share: number) =>
      createOnnxEngine({ ...shared, ...(threads === undefined ? { mostThreads: share } : { threads: share }) });
    return createInstances(make, plan);
  };
  const createTensorflow = async () => {
    if (provider !== 'auto') throw notOfTensorflow('provider', provider);
    if (precision === 'int8') throw notOfTensorflow('precision', precision);
    const { createTensorflowEngine } = await import('./tensorflow.js');
    return createTensorflowEngine(common);
  };
  if (engine === 'onnx') return createOnnx();
  if (engine === 'tensorflow') return createTensorflow();
  try {
    return await createOnnx();
  } catch (error) {
    // A failure of a requested provider, or of weights that do not fit, is thrown as it is.
    if (!(error instanceof Failure) || error.code !== 'ENGINE_UNAVAILABLE' || provider !== 'auto') throw error;
    // If neither loads, the failure of the first is the one to act on.
    const instead = await createTensorflow().catch(() => undefined);
    if (instead === undefined) throw error;
    return { ...instead, description: `${instead.description}, as ONNX Runtime did not start` };
  }
}

function notOfTensorflow(option: string, value: string): Failure {
  return new Failure('OPTION_INVALID', `Expected the ${option} to be left out for the tensorflow engine, got ${value}`);
}
