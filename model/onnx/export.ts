import { calibrationOf, uncalibrated } from '../calibration.js';
import type { Network } from '../network.js';
import { networkOf } from '../networks/network-of.js';
import type { Weights } from '../weights.js';
import { writeWhole } from '../write-whole.js';
import { buildGraph } from './graph.js';
import { buildInt8Graph } from './int8-graph.js';

/** What to export. */
export interface ExportOptions {
  /** Defaults to the size that the weights were made for. */
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  /** uint8 class masks or float scores. @default 'mask' */
  readonly output?: 'mask' | 'scores' | undefined;
  /** `int8` is for ONNX Runtime alone. @default 'float32' */
  readonly precision?: 'float32' | 'int8' | undefined;
  /** Weights of 7 bits in int8, for x86 processors without VNNI, which overflow with 8. @default false */
  readonly reducedRange?: boolean | undefined;
  /** A network of one's own, whose parameters the weights hold. Defaults to the one that the weights' card names. */
  readonly network?: Network | undefined;
}

/**
 * Writes a network as an ONNX file: uint8 RGB `pictures` [N, height, width, 3] in, uint8 `mask` [N, height, width] or
 * float32 `scores` [N, classes, height, width] out; normalisation inside. In float32 it is made of standard operators
 * (set 18) that any runtime reads; in int8 of ONNX Runtime's own too. The file appears whole or not at all.
 *
 * @throws `Failure` `WEIGHTS_MISMATCH`, `NETWORK_UNKNOWN`; `OPTION_INVALID` for int8 with weights that are not
 * calibrated; `OUTPUT_UNWRITABLE` where the file cannot be written.
 */
export async function exportOnnx(path: string, weights: Weights, options: ExportOptions = {}): Promise<void> {
  const { card } = weights;
  const { width = card.inputSize.width, height = card.inputSize.height, output = 'mask' } = options;
  const network = networkOf(weights, options.network);
  const write = (graph: Uint8Array) => writeWhole(path, 'the ONNX file', [graph]);
  if (options.precision === 'int8') {
    const calibration = calibrationOf(card, network);
    if (calibration === undefined) throw uncalibrated();
    const limit = options.reducedRange ? 63 : 127;
    await write(buildInt8Graph(network, weights, calibration, { width, height, output, limit }));
  } else {
    // Unpooling by planes, as few runtimes have MaxUnpool.
    await write(buildGraph(network, weights, { width, height, output, unpool: 'planes' }));
  }
}
