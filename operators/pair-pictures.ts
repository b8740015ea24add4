import type { PipedPicture } from './picture-pipe.js';

/** Two queues, of whole pictures and of the same pictures fitted to the network, that become pairs. */
export interface PicturePairs {
  addPicture(picture: PipedPicture): void;
  addFitted(fitted: PipedPicture): void;
  /** Passes on the pairs that wait; to be called once `isReady` has become true. */
  flush(): void;
}

/**
 * Pairs pictures of equal times, in order. A picture whose counterpart is missing is dropped.
 *
 * @param isReady Asked before each pair; pictures wait while it returns false.
 */
export function pairPictures(
  onPair: (picture: PipedPicture, fitted: PipedPicture) => void,
  isReady: () => boolean,
): PicturePairs {
  const pictures: PipedPicture[] = [];
  const fitteds: PipedPicture[] = [];

  function flush(): void {
    while (pictures.length > 0 && fitteds.length > 0 && isReady()) {
      const difference = pictures[0]!.ptsUs - fitteds[0]!.ptsUs;
      if (difference === 0) onPair(pictures.shift()!, fitteds.shift()!);
      else (difference < 0 ? pictures : fitteds).shift();
    }
  }

  return {
    addPicture(picture) {
      pictures.push(picture);
      flush();
    },
    addFitted(fitted) {
      fitteds.push(fitted);
      flush();
    },
    flush,
  };
}
