import type { Scores } from '../evaluation/confusion.js';

/** What training reports while it runs: lines of the log as well. */
export type TrainingEvent =
  | {
      readonly kind: 'step';
      /** From 0. */
      readonly epoch: number;
      /** From 0, through all epochs. */
      readonly step: number;
      /** Of the whole training. */
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
      /** From 0. */
      readonly epoch: number;
      /** The mean over its steps. */
      readonly loss: number;
      readonly seconds: number;
      readonly imagesPerSecond: number;
    }
  | {
      readonly kind: 'validation';
      /** The epoch that it comes behind, from 0; checkpoints and cards name the best one from 1. */
      readonly epoch: number;
      readonly scores: Scores;
      readonly seconds: number;
      readonly best: boolean;
    }
  | { readonly kind: 'warning'; readonly message: string }
  /** The data are read before the first step; not in the log. */
  | { readonly kind: 'check'; readonly done: number; readonly total: number };
