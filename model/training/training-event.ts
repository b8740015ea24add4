import type { Scores } from '../evaluation/confusion.js';

/** What training reports while it runs: lines of the log as well. */
export type TrainingEvent =
  | {
      readonly kind: 'step';
      readonly epoch: number;
      readonly step: number;
      readonly steps: number;
      readonly loss: number;
      readonly learningRate: number;
      readonly ms: number;
      /** Of `ms`: how long the data threads kept the step waiting for its batch. */
      readonly waitMs: number;
      readonly images: number;
      readonly tensors: number;
      readonly rssBytes: number;
    }
  | {
      readonly kind: 'epoch';
      readonly epoch: number;
      readonly loss: number;
      readonly seconds: number;
      readonly imagesPerSecond: number;
    }
  | {
      readonly kind: 'validation';
      readonly epoch: number;
      readonly scores: Scores;
      readonly seconds: number;
      readonly best: boolean;
    }
  | { readonly kind: 'warning'; readonly message: string }
  /** The data are read before the first step; not in the log. */
  | { readonly kind: 'check'; readonly done: number; readonly total: number };
