import { parentPort, workerData } from 'node:worker_threads';
import type { ClassSet } from '../classes.js';
import type { DatasetItem } from '../dataset/pairs.js';
import { readPair } from '../dataset/read-pair.js';
import type { Failure } from '../failure.js';
import { seededRandom } from '../initial-weights.js';
import type { Numbered, WorkerAnswer } from '../start-asker.js';
import { cutCrop, pasteRectangle, prepareForCrops, type TrainingPicture } from './augment.js';
import type { Batch, BatchPlace, BatchWorkerData } from './batches.js';

const settings = workerData as BatchWorkerData;
/** Decoded pictures with their labels, by `keyOf`. */
const cache = new Map<string, Promise<TrainingPicture>>();
let cachedBytes = 0;

/** The key of a picture in the cache. The extra set may have other labels for a picture, or other class numbers. */
function keyOf({ imagePath, labelPath }: DatasetItem, classSet: ClassSet): string {
  return [imagePath, labelPath, classSet === settings.extraClassSet].join('\n');
}

function read(item: DatasetItem, classSet: ClassSet) {
  const key = keyOf(item, classSet);
  const cached = cache.get(key);
  if (cached !== undefined) return cached;
  const reading = readPair(item, classSet).then(({ picture, labels }) =>
    prepareForCrops(picture, labels, settings.augmentation.scales[1]),
  );
  if (cachedBytes < settings.cacheBytes) {
    cache.set(key, reading);
    reading.then(
      ({ picture, halved, truth }) => {
        cachedBytes += picture.data.length + halved.data.length + truth.data.length;
      },
      () => cache.delete(key),
    );
  }
  return reading;
}

/** The order of the items in an epoch, which depends only on seed and epoch. */
function shuffled(epoch: number): number[] {
  const random = seededRandom(mix(settings.seed, epoch, 0x5eed));
  const order = settings.items.map((_, index) => index);
  for (let i = order.length - 1; i > 0; i -= 1) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

let shuffledEpoch = -1;
let order: number[] = [];

async function makeBatch({ epoch, step, batch, crop }: BatchPlace) {
  if (epoch !== shuffledEpoch) {
    order = shuffled(epoch);
    shuffledEpoch = epoch;
  }
  const pixels = crop.width * crop.height;
  const images = new Uint8Array(batch * pixels * 3);
  const labels = new Uint8Array(batch * pixels);
  const { augmentation, fill, items, classSet, extraClassSet } = settings;
  await Promise.all(
    Array.from({ length: batch }, async (_, i) => {
      const place = step * batch + i;
      // A crop's randomness is seeded by its position in training, so that a resumed run sees the same crops.
      const random = seededRandom(mix(settings.seed, epoch, place));
      const borrowed = settings.extraItems.length > 0 && random() < settings.extraShare;
      const item = borrowed
        ? settings.extraItems[Math.floor(random() * settings.extraItems.length)]!
        : items[order[place % order.length]!]!;
      const picture = await read(item, borrowed ? extraClassSet : classSet);
      cutCrop(picture, crop, augmentation, random, fill, { images, labels, offset: i * pixels });
      if (random() < augmentation.mix) {
        const other = items[Math.floor(random() * items.length)]!;
        const single = { images: new Uint8Array(pixels * 3), labels: new Uint8Array(pixels) };
        const otherPicture = await read(other, classSet);
        cutCrop(otherPicture, crop, augmentation, random, fill, { ...single, offset: 0 });
        pasteRectangle(single, { images, labels, offset: i * pixels }, crop, random);
      }
    }),
  );
  return { images, labels };
}

function mix(...numbers: readonly number[]): number {
  return (
    numbers.reduce(
      (hash, number) => Math.imul(hash ^ (number + 0x9e3779b9), 0x85ebca6b) ^ (hash >>> 13),
      0x27d4eb2f,
    ) >>> 0
  );
}

parentPort!.on('message', ({ id, ...place }: Numbered<BatchPlace>) => {
  const answer = (message: WorkerAnswer<Batch>, transfer: readonly ArrayBuffer[] = []) =>
    parentPort!.postMessage(message, transfer);
  makeBatch(place).then(
    ({ images, labels }) => answer({ id, images, labels }, [images.buffer, labels.buffer]),
    ({ message, code }: Failure) => answer({ id, error: { message, code } }),
  );
});
