import { checkChoice, checkNumber, MOST_THREADS } from '../check-option.js';

/* What can be asked of an engine, by name; a file of its own, which commands load before they need an engine. */

/** The fastest that loads, or a named one. */
export type EngineName = 'auto' | 'onnx' | 'tensorflow';
/** Where the onnx engine computes: the best that starts, or a named one. */
export type ProviderName = 'auto' | 'cpu' | 'cuda' | 'tensorrt' | 'webgpu' | 'dml' | 'coreml';
/** `auto` takes int8 where the processor is faster in it and the weights are calibrated. */
export type PrecisionName = 'auto' | 'float32' | 'int8';
/** Each batch as soon as can be, or as many a second as can be. */
export type GoalName = 'latency' | 'throughput';

/** Every {@link EngineName}. */
export const engineNames: readonly EngineName[] = ['auto', 'onnx', 'tensorflow'];
/** Every {@link ProviderName}. */
export const providerNames: readonly ProviderName[] = ['auto', 'cpu', 'cuda', 'tensorrt', 'webgpu', 'dml', 'coreml'];
/** Every {@link PrecisionName}. */
export const precisionNames: readonly PrecisionName[] = ['auto', 'float32', 'int8'];
const goalNames: readonly GoalName[] = ['latency', 'throughput'];

/** What can be asked of an engine; what is absent is chosen by it. */
export interface EngineChoices {
  readonly engine?: EngineName | undefined;
  readonly provider?: ProviderName | undefined;
  readonly precision?: PrecisionName | undefined;
  readonly goal?: GoalName | undefined;
  readonly threads?: number | undefined;
}

/**
 * Checks what is there of it.
 *
 * @param nameOf What an option is called in messages. If not provided, defaults to: itself.
 * @throws `Failure` `OPTION_INVALID`.
 */
export function checkEngineChoices(
  { engine = 'auto', provider = 'auto', precision = 'auto', goal = 'latency', threads = 1 }: EngineChoices,
  nameOf: (option: string) => string = (option) => option,
): void {
  checkChoice(nameOf('engine'), engine, engineNames);
  checkChoice(nameOf('provider'), provider, providerNames);
  checkChoice(nameOf('precision'), precision, precisionNames);
  checkChoice(nameOf('goal'), goal, goalNames);
  checkNumber(nameOf('threads'), threads, { min: 1, max: MOST_THREADS, integer: true });
}
