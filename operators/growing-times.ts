/** The times of a file's pictures, each later than the one before it. */
export interface GrowingTimes {
  /** The next picture's time in the file, µs, given its own. */
  next(ptsUs: number): number;
  /** The last picture's time in the file, µs; -Infinity before the first. */
  readonly lastUs: number;
}

/** A step back by less than this is one picture's wrong time, not a clock that was set back, µs. */
const LONGEST_GLITCH_US = 500_000;

/**
 * Makes the times of one file. A picture whose time steps back a little is shown 1 ms after the last one. After a larger step (a
 * camera that reconnected) the file continues 40 ms after its last picture, and all later times move along.
 *
 * `createPictureTimes` mends the clock of a source that ffmpeg has read, where a step back can be recognised only by the 1 µs that
 * the muxer makes of it. Here times arrive as they are, also from streams that were merged or made by hand.
 */
export function createGrowingTimes(): GrowingTimes {
  let lastUs = Number.NEGATIVE_INFINITY;
  let jumpUs = 0;
  return {
    next(ptsUs) {
      const stepBackUs = lastUs - (ptsUs + jumpUs);
      if (stepBackUs >= 0 && stepBackUs < LONGEST_GLITCH_US) {
        lastUs += 1000;
      } else {
        if (stepBackUs >= 0) jumpUs = lastUs + 40_000 - ptsUs;
        lastUs = ptsUs + jumpUs;
      }
      return lastUs;
    },
    get lastUs() {
      return lastUs;
    },
  };
}
