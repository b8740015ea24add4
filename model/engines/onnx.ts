import './no-telemetry.js';
import { calibrationOf, uncalibrated } from '../calibration.js';
import type { Engine } from '../engine.js';
import { Failure } from '../failure.js';
import type { Network } from '../network.js';
import { networkOf } from '../networks/network-of.js';
import type { Weights } from '../weights.js';
import type { PrecisionName, ProviderName } from './choices.js';
import type { OnnxBegan, OnnxData, Refusal } from './onnx-messages.js';
import { automaticProviders, PROVIDERS, type Provider } from './onnx-providers.js';
import { int8Support } from './processor.js';
import { startEngine } from './start-engine.js';

/** Options of the onnx engine. */
export interface OnnxEngineOptions {
  readonly weights: Weights;
  /**
   * Where to compute; `auto` uses the best provider that starts, in the end the processor.
   *
   * @default 'auto'
   */
  readonly provider?: ProviderName;
  /**
   * The number of processor threads. Defaults to as many as the network at this size keeps busy, at most one for each core.
   */
  readonly threads?: number;
  /** The most threads to use where `threads` is not given. Defaults to one for each core. */
  readonly mostThreads?: number;
  /**
   * `int8` needs a weights file that carries calibration; `auto` uses it where it is faster.
   *
   * @default 'auto'
   */
  readonly precision?: PrecisionName;
  /**
   * A custom network, whose parameters the weights hold. Defaults to the one that the weights' card names.
   */
  readonly network?: Network;
}

/**
 * Creates an engine on ONNX Runtime, which computes in its own thread.
 *
 * @throws `Failure` `WEIGHTS_MISMATCH` or `NETWORK_UNKNOWN` where weights and network do not fit; `ENGINE_UNAVAILABLE`, saying
 * how to get it, where the requested provider does not start.
 */
export async function createOnnxEngine(options: OnnxEngineOptions): Promise<Engine> {
  const { weights, provider: wanted = 'auto', threads, mostThreads } = options;
  const { card } = weights;
  const network = networkOf(weights, options.network);
  const chosen = choosePrecision(options, network);
  // GPUs compute in float32, so a request for int8 is a request for the processor.
  const automatic = options.precision === 'int8' ? (['cpu'] as const) : automaticProviders();
  const providers = wanted === 'auto' ? automatic : [wanted];
  if (wanted !== 'auto' && !PROVIDERS[wanted].platforms.includes(process.platform)) {
    throw unavailable([{ provider: wanted, reason: `there is no ${PROVIDERS[wanted].title} on ${process.platform}` }]);
  }
  const { began, segment, close } = await startEngine<OnnxBegan, OnnxData>({
    engine: 'onnx',
    advice: PROVIDERS.cpu.advice,
    module: new URL('./onnx-worker.js', import.meta.url),
    data: { network, weights, providers, threads, mostThreads, int8: chosen.int8 },
  });
  if (began.type === 'unavailable') {
    await close();
    throw unavailable(began.refused);
  }
  const { provider, refused } = began;
  const precision = provider === 'cpu' && chosen.int8 !== undefined ? 'int8' : 'float32';
  const reason = provider === 'cpu' || options.precision === 'float32' ? chosen.reason : GPU_REASON;

  return {
    name: 'onnx',
    provider,
    network: network.name,
    precision,
    classes: card.classes,
    inputSize: card.inputSize,
    description: describe(provider, wanted, refused, `${precision}, ${reason},`),
    segment,
    close,
  };
}

function unavailable(refused: readonly Refusal[]): Failure {
  const { provider, reason } = refused.at(-1)!;
  const { title, advice } = PROVIDERS[provider];
  return new Failure(
    'ENGINE_UNAVAILABLE',
    `The onnx engine could not start on ${provider} (${title}): ${reason}. ${advice}`,
  );
}

const GPU_REASON = 'as GPUs are fast in it';

interface Precision {
  /** How the processor computes in int8; undefined for float32. */
  readonly int8: OnnxData['int8'];
  /** The reason, for people to read. */
  readonly reason: string;
}

function choosePrecision(
  { weights, provider = 'auto', precision = 'auto' }: OnnxEngineOptions,
  network: Network,
): Precision {
  if (precision === 'float32') return { int8: undefined, reason: 'as asked' };
  const calibration = calibrationOf(weights.card, network);
  const { isFast, weightLimit, reason } = int8Support();
  if (precision === 'int8') {
    if (calibration === undefined) throw uncalibrated();
    if (provider !== 'auto' && provider !== 'cpu') {
      throw new Failure('OPTION_INVALID', `Expected the provider to be cpu for the precision int8, got ${provider}`);
    }
    return { int8: { calibration, limit: weightLimit }, reason: 'as asked' };
  }
  if (provider !== 'auto' && provider !== 'cpu') return { int8: undefined, reason: GPU_REASON };
  if (calibration === undefined) return { int8: undefined, reason: 'as the weights are not calibrated for int8' };
  return { int8: isFast ? { calibration, limit: weightLimit } : undefined, reason: `as ${reason}` };
}

function describe(provider: Provider, wanted: ProviderName, refused: readonly Refusal[], precision: string): string {
  const what = `ONNX Runtime in ${precision} on ${PROVIDERS[provider].title}`;
  if (wanted !== 'auto') return `${what}, as asked`;
  if (refused.length > 0) {
    return `${what}, as ${refused.map((each) => `${each.provider} did not start (${each.reason})`).join(', ')}`;
  }
  return provider === 'cpu' ? `${what} (no GPU provider is installed)` : `${what}, the fastest that starts`;
}
