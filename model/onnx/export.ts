import { calibrationOf, uncalibrated } from '../calibration.js';
import type { Network } from '../network.js';
import { networkOf } from '../networks/network-of.js';
import type { Weights } from '../weights.js';
import { writeWhole } from '../write-whole.js';
import { buildGraph } from './graph.js';
import { buildInt8Graph } from './int8-graph.js';

/** Options of an export. */
export interface ExportOptions {
  /** Pixels. Width and height default to the size that the weights were made for. */
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  /** uint8 class masks or float scores. @default 'mask' */
  readonly output?: 'mask' | 'scores' | undefined;
  /** `int8` files run only on ONNX Runtime. @default 'float32' */
  readonly precision?: 'float32' | 'int8' | undefined;
  /** Uses 7 bits for int8 weights, for x86 processors without VNNI, which overflow with 8. @default false */
  readonly reducedRange?: boolean | undefined;
  /** A custom network, whose parameters the weights hold. Defaults to the one that the weights' card names. */
  readonly network?: Network | undefined;
}

/**
 * Writes a network as an ONNX file: uint8 RGB `pictures` [N, height, width, 3] in, uint8 `mask` [N, height, width] or float32
 * `scores` [N, classes, height, width] out; normalisation is part of the graph. In float32 it uses standard operators (set 18),
 * which any runtime reads; in int8 also ONNX Runtime's own. The file is written atomically.
 *
 * @throws `Failure` `WEIGHTS_MISMATCH`, `NETWORK_UNKNOWN`; `OPTION_INVALID` for int8 with uncalibrated weights;
 * `OUTPUT_UNWRITABLE` where the file cannot be written.
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
    // Unpools by planes, as few runtimes have MaxUnpool.
    await write(buildGraph(network, weights, { width, height, output, unpool: 'planes' }));
  }
}
