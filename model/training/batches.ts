import type { ClassSet } from '../classes.js';
import type { DatasetItem } from '../dataset/pairs.js';
import { Failure } from '../failure.js';
import { type AskerErrors, startAsker } from '../start-asker.js';
import type { Augmentation, CropSize } from './augment.js';

/** What a data thread is told. */
export interface BatchWorkerData extends BatchSettings {
  /** How much of decoded pictures it may keep. */
  readonly cacheBytes: number;
}

/** Decoded pictures that all threads together keep. A training set of a few hundred is kept whole; beyond that files are read again. */
const CACHE_BYTES = 2e9;

/** From what, and how, batches are made. */
export interface BatchSettings {
  readonly items: readonly DatasetItem[];
  /** Pictures that take the place of `extraShare` of the others: synthetic scenes. */
  readonly extraItems: readonly DatasetItem[];
  readonly extraShare: number;
  readonly classSet: ClassSet;
  /** By which the labels of `extraItems` are read: the same classes, perhaps by other numbers. */
  readonly extraClassSet: ClassSet;
  readonly seed: number;
  readonly augmentation: Augmentation;
  /** What is seen outside a picture: the mean colour, which is zero to the network. */
  readonly fill: readonly [number, number, number];
}

/** The place of a batch in training, and its size. */
export interface BatchPlace {
  readonly epoch: number;
  readonly step: number;
  readonly batch: number;
  readonly crop: CropSize;
}

/** `batch` crops: RGB bytes [batch, height, width, 3] and labels [batch, height, width], void 255 or the set's own. */
export interface Batch {
  readonly images: Uint8Array;
  readonly labels: Uint8Array;
}

/** A source of batches that works ahead in threads. */
export interface Batches {
  /** The batch of a place; the places in `ahead` are begun, so that they are ready when their turn comes. */
  next(place: BatchPlace, ahead: readonly BatchPlace[]): Promise<Batch>;
  close(): Promise<void>;
}

/**
 * Starts `threads` worker threads that read, cut and colour training crops. A batch depends on the seed and its place
 * alone, not on what was asked before.
 *
 * `next` throws `Failure` where a picture or its labels cannot be read, or a worker dies (`TRAINING_FAILED`).
 */
export function createBatches(settings: BatchSettings, threads = 1): Batches {
  const begun = new Map<string, Promise<Batch>>();
  let turn = 0;
  const workerData: BatchWorkerData = { ...settings, cacheBytes: CACHE_BYTES / threads };
  const errors: AskerErrors = {
    refused: ({ code = 'TRAINING_FAILED', message }) => new Failure(code, message),
    ended: (reason, cause) => new Failure('TRAINING_FAILED', `A data thread died: ${reason}`, { cause }),
  };
  const askers = Array.from({ length: threads }, () =>
    startAsker<BatchPlace, Batch>(new URL('./batch-worker.js', import.meta.url), errors, { workerData }),
  );

  function begin(place: BatchPlace): Promise<Batch> {
    const key = `${place.epoch}/${place.step}`;
    const already = begun.get(key);
    if (already !== undefined) return already;
    const promise = askers[turn++ % threads]!.ask(place);
    // It may fail before its turn; the failure is thrown when it is asked for.
    promise.catch(() => {});
    begun.set(key, promise);
    return promise;
  }

  return {
    async next(place, ahead) {
      const batch = begin(place);
      ahead.forEach(begin);
      begun.delete(`${place.epoch}/${place.step}`);
      return batch;
    },
    async close() {
      await Promise.all(askers.map((asker) => asker.terminate()));
    },
  };
}
