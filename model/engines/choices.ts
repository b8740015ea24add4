import { checkChoice, checkNumber, MOST_THREADS } from '../check-option.js';

/* The names by which engines are chosen, in a file of their own that commands load before they need an engine. */

/** An engine by name; `auto` is the fastest that loads. */
export type EngineName = 'auto' | 'onnx' | 'tensorflow';
/** Where the onnx engine computes; `auto` is the best provider that starts. */
export type ProviderName = 'auto' | 'cpu' | 'cuda' | 'tensorrt' | 'webgpu' | 'dml' | 'coreml';
/** `auto` is int8 where that is faster on the processor and the weights are calibrated, otherwise float32. */
export type PrecisionName = 'auto' | 'float32' | 'int8';
/** The shortest time for each batch, or the most batches per second. */
export type GoalName = 'latency' | 'throughput';

/** Every {@link EngineName}. */
export const engineNames: readonly EngineName[] = ['auto', 'onnx', 'tensorflow'];
/** Every {@link ProviderName}. */
export const providerNames: readonly ProviderName[] = ['auto', 'cpu', 'cuda', 'tensorrt', 'webgpu', 'dml', 'coreml'];
/** Every {@link PrecisionName}. */
export const precisionNames: readonly PrecisionName[] = ['auto', 'float32', 'int8'];
const goalNames: readonly GoalName[] = ['latency', 'throughput'];

/** Choices for an engine; it chooses whatever is absent. */
export interface EngineChoices {
  readonly engine?: EngineName | undefined;
  readonly provider?: ProviderName | undefined;
  readonly precision?: PrecisionName | undefined;
  readonly goal?: GoalName | undefined;
  readonly threads?: number | undefined;
}

/**
 * Checks the choices that are given.
 *
 * @param nameOf Returns an option's name for messages. Defaults to the option itself.
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
