import type { Scores } from '../evaluation/confusion.js';

/** What training reports while it runs; also the lines of the log. */
export type TrainingEvent =
  | {
      readonly kind: 'step';
      /** From 0. */
      readonly epoch: number;
      /** From 0, through all epochs. */
      readonly step: number;
      /** The number of steps of the whole training. */
      readonly steps: number;
      readonly loss: number;
      readonly learningRate: number;
      readonly ms: number;
      /** The part of `ms` that the step waited for its batch. */
      readonly waitMs: number;
      readonly images: number;
      readonly tensors: number;
      readonly rssBytes: number;
    }
  | {
      readonly kind: 'epoch';
      /** From 0. */
      readonly epoch: number;
      /** The mean loss over its steps. */
      readonly loss: number;
      readonly seconds: number;
      readonly imagesPerSecond: number;
    }
  | {
      readonly kind: 'validation';
      /** The epoch that was validated, from 0; checkpoints and cards count the best one from 1. */
      readonly epoch: number;
      readonly scores: Scores;
      readonly seconds: number;
      readonly best: boolean;
    }
  | { readonly kind: 'warning'; readonly message: string }
  /** Progress of reading the data before the first step; not in the log. */
  | { readonly kind: 'check'; readonly done: number; readonly total: number };
