import type { FileSummary } from './summary.js';

/** What `run` reports while it works. */
export type RunEvent =
  | {
      /** A note: the engine and the reason for it, a fallback, a truncated file. */
      readonly kind: 'note';
      readonly message: string;
    }
  | {
      /** The server accepts viewers. */
      readonly kind: 'listening';
      /** The URL of the page, `http://127.0.0.1:8080/`. */
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
      /** A frame has passed all steps. */
      readonly kind: 'frame';
      readonly input: string;
      /** The number of frames so far. */
      readonly frames: number;
      /** The expected number of frames, if the container gives it. */
      readonly expectedFrames?: number;
    }
  | {
      /** A file has ended, successfully or not. */
      readonly kind: 'end';
      readonly file: FileSummary;
    };
