import type { Engine } from '../../../model/engine.js';

/*
 * What the programs that are measured against each other are asked, and what they answer, as lines of JSON:
 * `engine-program.ts` runs this project's engines, `../peers/peer.py` other runtimes.
 */

/** Loads a workload. */
export interface LoadQuestion {
  readonly ask: 'load';
  /** The workload's folder. */
  readonly folder: string;
  readonly width: number;
  readonly height: number;
  /** Frames that are computed at once. */
  readonly batch: number;
  readonly threads: number;
  readonly precision: Engine['precision'];
  /** Which of this project's engines; other programs have one. */
  readonly engine?: 'onnx' | 'tensorflow';
}

/** What was loaded. */
export interface LoadAnswer {
  /** What computes, for people. */
  readonly description: string;
}

/** Writes the mask of every frame to a file, one after the other. Answered by `{}`. */
export interface MasksQuestion {
  readonly ask: 'masks';
  readonly path: string;
}

/** Segments batches of the next frames. */
export interface RunQuestion {
  readonly ask: 'run';
  /** How many batches. */
  readonly times: number;
}

/** How long a batch took. */
export interface RunAnswer {
  /** Of each batch, milliseconds from pictures in memory to masks in memory. */
  readonly ms: readonly number[];
  /** Processor time of all threads, over all batches. */
  readonly cpuMs: number;
}

/** Tells the most resident memory that the program ever held. */
export interface MemoryQuestion {
  readonly ask: 'memory';
}

/** How much memory the program has held. */
export interface MemoryAnswer {
  readonly peakBytes: number;
}
