/** The times of a source's pictures, each later than the one before it. */
export interface PictureTimes {
  /** Returns the next picture's time, µs, given the timestamp that ffmpeg's muxer wrote for it, µs. */
  next(muxedUs: number): number;
  /** True if the clock was mended, so that it does not tell how long the source is. */
  readonly isMended: boolean;
}

/**
 * Makes the times of one source. If a timestamp steps back (joined files, a clock that was set back), ffmpeg's muxer
 * moves it to 1 µs after the last one. A single such picture is a slip and is placed half-way to the next one. Several
 * in a row would all be shown at once, so they continue at the source's frame rate.
 *
 * @param frameRate Returns the source's frame rate, frames per second.
 * @param onStepBack Called once for each step back, with the time of the last picture, µs.
 */
export function createPictureTimes(frameRate: () => number, onStepBack: (atUs: number) => void): PictureTimes {
  let last: { readonly muxedUs: number; readonly us: number } | undefined;
  let lastGapUs = Number.POSITIVE_INFINITY;
  let stepsBack = 0;
  let jumpUs = 0;
  let slipUs = 0;
  return {
    next(muxedUs) {
      if (last === undefined) {
        last = { muxedUs, us: muxedUs };
        return muxedUs;
      }
      const gapUs = muxedUs - last.muxedUs;
      if (gapUs === 1) {
        stepsBack += 1;
        const step = Math.round(1e6 / frameRate());
        // If the rate varies, the gap to the next picture is more like the last gap than like their mean.
        if (stepsBack === 1) slipUs = (Math.min(step, lastGapUs) >> 1) - 1;
        jumpUs += stepsBack === 1 ? slipUs : step - 1;
      } else {
        if (stepsBack === 1) jumpUs -= slipUs;
        stepsBack = 0;
        lastGapUs = gapUs;
      }
      if (stepsBack === 2) onStepBack(last.us);
      last = { muxedUs, us: Math.max(muxedUs + jumpUs, last.us + 1) };
      return last.us;
    },
    get isMended() {
      return jumpUs !== 0;
    },
  };
}
