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
/** Every {@link GoalName}. */
export const goalNames: readonly GoalName[] = ['latency', 'throughput'];
