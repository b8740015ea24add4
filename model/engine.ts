import type { Size } from './size.js';

/** Interleaved 8-bit RGB, row-major, no padding: `data.length === width * height * 3`. */
export interface RgbPicture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** One class index per pixel, row-major: `data.length === width * height`. 255 (void) is a pixel of no class, after the operator `exclude`. */
export interface ClassMask {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** A class of a network, and the colour in which it is drawn. */
export interface ClassLabel {
  readonly name: string;
  /** Red, green, blue, each 0-255. */
  readonly colour: readonly [number, number, number];
}

/**
 * Runs a network: 8-bit RGB pictures in, 8-bit class masks of the same size out. It computes in another thread, so the event
 * loop is never blocked.
 */
export interface Engine {
  /** `onnx` or `tensorflow`. */
  readonly name: string;
  /** Where it computes, `cpu`, `cuda`, `webgpu`, ... */
  readonly provider: string;
  /** The network's name, `segnet-basic`. */
  readonly network: string;
  readonly precision: 'float32' | 'int8';
  /** By class index. */
  readonly classes: readonly ClassLabel[];
  /** The size that the weights were made for: what `decode` should fit frames into. Any size is accepted. */
  readonly inputSize: Size;
  /** How many batches it computes at a time. @default 1 */
  readonly instances?: number;
  /** One sentence for people to read: what was chosen and why. */
  readonly description: string;
  /**
   * Segments a batch of one or more pictures of one size. Calls queue in order; with several instances a later call may finish
   * first.
   *
   * @throws `Failure` `INPUT_INVALID` for an empty batch, mixed sizes or data of another length; `ENGINE_CLOSED` after `close`;
   * `ENGINE_FAILED` if the engine dies; the signal's reason on abort (a batch that has begun still finishes, and its result is
   * dropped).
   */
  segment(
    batch: readonly RgbPicture[],
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<readonly ClassMask[]>;
  /**
   * Rejects waiting and running calls with `ENGINE_CLOSED`; resolves once the current batch is done and the thread has ended. Safe
   * to call twice. A process that ends waits for the current batch of engines of its main thread by itself. Where an engine runs in
   * a worker thread of your own, neither thread nor process may end before this has resolved, as ONNX Runtime would abort the process.
   */
  close(): Promise<void>;
}
