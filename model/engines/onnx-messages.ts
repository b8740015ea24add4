import type { Calibration } from '../calibration.js';
import type { Network } from '../network.js';
import type { Weights } from '../weights.js';
import type { Masks } from './batch.js';
import type { Provider } from './onnx-providers.js';

/** What the worker of the onnx engine is started with. */
export interface OnnxWorkerData {
  readonly network: Network;
  readonly weights: Weights;
  /** To try in this order. */
  readonly providers: readonly Provider[];
  /** Undefined: as many as suit the network and the picture's size. */
  readonly threads: number | undefined;
  /** Then no more than so many. */
  readonly mostThreads: number | undefined;
  /** If it is given, int8 is what the processor computes in; GPUs compute in float32. */
  readonly int8: { readonly calibration: Calibration; readonly limit: 63 | 127 } | undefined;
}

/** From the worker: first `ready` or `unavailable`, then `masks` or `failed` for each request in order. */
export type OnnxReply =
  | { readonly type: 'ready'; readonly provider: Provider; readonly refused: readonly Refusal[] }
  | { readonly type: 'unavailable'; readonly refused: readonly Refusal[] }
  | Masks
  | { readonly type: 'failed'; readonly reason: string };

/** A provider that was tried and did not start. */
export interface Refusal {
  readonly provider: Provider;
  readonly reason: string;
}
