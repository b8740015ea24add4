import type { FileSummary } from './summary.js';

/** What `run` tells while it works. */
export type RunEvent =
  | {
      /** Something worth a word: which engine was taken and why, a fallback, a file that was cut off. */
      readonly kind: 'note';
      readonly message: string;
    }
  | {
      /** Viewers may come. */
      readonly kind: 'listening';
      /** Where the page is, `http://127.0.0.1:8080/`. */
      readonly url: string;
    }
  | {
      /** A file begins. */
      readonly kind: 'begin';
      readonly input: string;
      /** Counts the files of this run from 1. */
      readonly number: number;
      readonly count: number;
    }
  | {
      /** A frame has reached the end of the route. */
      readonly kind: 'frame';
      readonly input: string;
      /** How many have, so far. */
      readonly frames: number;
      /** How many are to be expected, where the container says or can be asked. */
      readonly expectedFrames?: number;
    }
  | {
      /** A file has ended, well or not. */
      readonly kind: 'end';
      readonly file: FileSummary;
    };
