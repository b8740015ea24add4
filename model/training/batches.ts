import type { ClassSet } from '../classes.js';
import type { DatasetItem } from '../dataset/pairs.js';
import { Failure } from '../failure.js';
import type { Size } from '../size.js';
import { type AskerErrors, startAsker } from '../start-asker.js';
import type { Augmentation } from './augment.js';

/** The `workerData` of a data thread. */
export interface BatchWorkerData extends BatchSettings {
  /** The size of its cache of decoded pictures. */
  readonly cacheBytes: number;
}

/**
 * The size of the caches of decoded pictures of all threads together. A training set of a few hundred pictures fits; of a
 * larger one files are read again.
 */
const CACHE_BYTES = 2e9;

/** The data and settings of which batches are made. */
export interface BatchSettings {
  readonly items: readonly DatasetItem[];
  /** Pictures that replace `extraShare` of the others, such as synthetic scenes. */
  readonly extraItems: readonly DatasetItem[];
  readonly extraShare: number;
  readonly classSet: ClassSet;
  /** The class set of `extraItems`: the same classes, perhaps with other numbers in label images. */
  readonly extraClassSet: ClassSet;
  readonly seed: number;
  readonly augmentation: Augmentation;
  /** The colour outside a picture: the mean, which the network sees as zero. */
  readonly fill: readonly [number, number, number];
}

/** The position of a batch in training, and its crop size. */
export interface BatchPlace {
  readonly epoch: number;
  readonly step: number;
  readonly batch: number;
  readonly crop: Size;
}

/** `batch` crops: RGB bytes [batch, height, width, 3] and labels [batch, height, width], void 255 or the set's own. */
export interface Batch {
  readonly images: Uint8Array;
  readonly labels: Uint8Array;
}

/** A source of batches that prepares them ahead in threads. */
export interface Batches {
  /** Returns the batch at `place` and starts on those in `ahead`, so that they are ready when their turn comes. */
  next(place: BatchPlace, ahead: readonly BatchPlace[]): Promise<Batch>;
  close(): Promise<void>;
}

/**
 * Starts `threads` worker threads that read, cut and colour training crops. A batch depends only on the seed and its position,
 * not on earlier calls.
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
    // It may fail before its turn; the error is thrown when the batch is requested.
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
