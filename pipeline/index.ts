/**
 * Streaming semantic segmentation of road scenes: RxJS operators from ffmpeg through a SegNet-family network to coloured
 * overlays.
 *
 * `run` does what `segnet-stream run` does. For a custom pipeline, create an engine with `openEngine` and compose the
 * operators:
 *
 * ```ts
 * const engine = await openEngine();
 * decode('dash.mp4', { fit: engine.inputSize }).pipe(segment(engine), overlay(), encode('out.mp4', { copyFrom: 'dash.mp4' })).subscribe();
 * ```
 *
 * @module segnet-stream
 */

export { type ClassSet, classSetByName } from '../model/classes.js';
export type { ClassLabel, ClassMask, Engine, RgbPicture } from '../model/engine.js';
export type { EngineName, GoalName, PrecisionName, ProviderName } from '../model/engines/choices.js';
export { type CreateEngineOptions, createEngine } from '../model/engines/index.js';
export type { Provider } from '../model/engines/onnx-providers.js';
export type { ClassScores, Scores } from '../model/evaluation/confusion.js';
export { Failure } from '../model/failure.js';
export type * from '../model/layer.js';
export { defineNetwork, type Network } from '../model/network.js';
export { buildNetwork, networkNames } from '../model/networks/index.js';
export type { PublishedSize } from '../model/published.js';
export type { Tensor } from '../model/safetensors.js';
export type { Shape } from '../model/shapes.js';
export type { Size } from '../model/size.js';
export type { Balancing } from '../model/training/recipe.js';
export type { TrainResult } from '../model/training/train.js';
export type { TrainingEvent } from '../model/training/training-event.js';
export { type Normalisation, readWeights, type Weights, type WeightsCard, writeWeights } from '../model/weights.js';
export type { Encoder, EncoderQuality } from '../operators/choose-encoder.js';
export * from '../operators/index.js';
export type { Percentiles } from './client/percentiles.js';
export { type DescribeOptions, describe, type LayerDescription, type NetworkDescription } from './describe.js';
export { type ClassEvaluation, type EvaluateOptions, type Evaluation, evaluate } from './evaluate.js';
export type { EngineOptions } from './options/engine-options.js';
export { openEngine } from './options/open-engine.js';
export type { Palette } from './options/palettes.js';

export type { OutputPaths, Visualisation } from './run/name-outputs.js';
export { type PlannedFile, planRun, type RunPlan } from './run/plan.js';
export { run } from './run/run.js';
export type { RunEvent } from './run/run-event.js';
export type { RunOptions } from './run/run-options.js';
export type { RouteSample } from './run/sample-route.js';
export type { Shard } from './run/shard.js';
export type { FileSummary, RunSummary, SummaryNote } from './run/summary.js';
export { trainNetwork } from './train.js';
export type { TrainingOptions } from './train-options.js';
