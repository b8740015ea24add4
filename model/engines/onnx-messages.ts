import type { Calibration } from '../calibration.js';
import type { Network } from '../network.js';
import type { Weights } from '../weights.js';
import type { Provider } from './onnx-providers.js';

/** What the thread of the onnx engine is started with. */
export interface OnnxData {
  readonly network: Network;
  readonly weights: Weights;
  /** The providers to try, in this order. */
  readonly providers: readonly Provider[];
  /** Undefined for as many as suit the network and the picture size. */
  readonly threads: number | undefined;
  /** The most threads to use where `threads` is undefined. */
  readonly mostThreads: number | undefined;
  /** If given, the processor computes in int8; GPUs compute in float32. */
  readonly int8: { readonly calibration: Calibration; readonly limit: 63 | 127 } | undefined;
}

/** How the onnx engine started. */
export type OnnxBegan =
  | { readonly type: 'ready'; readonly provider: Provider; readonly refused: readonly Refusal[] }
  | { readonly type: 'unavailable'; readonly refused: readonly Refusal[] };

/** A provider that was tried and did not start. */
export interface Refusal {
  readonly provider: Provider;
  readonly reason: string;
}
