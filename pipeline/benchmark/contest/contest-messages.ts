import type { Engine } from '../../../model/engine.js';

/*
 * The questions to the programs that are compared, and their answers, as lines of JSON: `engine-program.ts` runs this project's
 * engines, `../peers/peer.py` other runtimes.
 */

/** Loads a workload. */
export interface LoadQuestion {
  readonly ask: 'load';
  /** The workload's folder. */
  readonly folder: string;
  readonly width: number;
  readonly height: number;
  /** Frames in a batch. */
  readonly batch: number;
  readonly threads: number;
  readonly precision: Engine['precision'];
  /** Which of this project's engines to use; other programs have only one. */
  readonly engine?: 'onnx' | 'tensorflow';
}

/** The answer to `LoadQuestion`. */
export interface LoadAnswer {
  /** What computes, for people to read. */
  readonly description: string;
}

/** Writes the masks of all frames to a file, one after another. Answered by `{}`. */
export interface MasksQuestion {
  readonly ask: 'masks';
  readonly path: string;
}

/** Segments batches of the next frames. */
export interface RunQuestion {
  readonly ask: 'run';
  /** The number of batches. */
  readonly times: number;
}

/** The answer to `RunQuestion`. */
export interface RunAnswer {
  /** Milliseconds of each batch, from pictures in memory to masks in memory. */
  readonly ms: readonly number[];
  /** Processor time of all threads, over all batches. */
  readonly cpuMs: number;
}

/** Asks for the program's peak resident memory. */
export interface MemoryQuestion {
  readonly ask: 'memory';
}

/** The answer to `MemoryQuestion`. */
export interface MemoryAnswer {
  readonly peakBytes: number;
}
