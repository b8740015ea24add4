/** The times of a source's pictures, each later than the one before it. */
export interface PictureTimes {
  /**
   * Returns the next picture's time, µs.
   *
   * @param muxedUs The timestamp that ffmpeg's muxer wrote for it, µs.
   * @param arrivedAt When it arrived, ms.
   */
  next(muxedUs: number, arrivedAt: number): number;
  /** True if the clock was mended, so that it does not tell how long the source is. */
  readonly isMended: boolean;
}

/**
 * Makes the times of a file. If a timestamp steps back (joined files, a clock that was set back),
 * ffmpeg's muxer moves it to 1 µs after the last one. A single such picture is a slip and is placed half-way to the next
 * one. Several in a row would all be shown at once, so they continue at the source's frame rate.
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

/**
 * A camera's clock that gets further ahead of real time at once was set, or wrapped around. Pictures that arrive together are
 * less far apart: the key frames of a segment of HLS.
 */
const LONGEST_LEAP_US = 30e6;

/**
 * Makes the times of a camera: by its own clock, and by arrival where that cannot be right. A recording would otherwise last
 * for hours after a leap, and play at another pace than the scene.
 *
 * @param hasClock False for formats without timestamps, for which ffmpeg counts frames at a guessed rate.
 * @param onLeap Called for each step back of more than one picture and each leap ahead, with the time of the last picture, µs.
 */
export function createLiveTimes(hasClock: boolean, onLeap: (atUs: number, isAhead: boolean) => void): PictureTimes {
  let last: { readonly muxedUs: number; readonly us: number; readonly arrivedAt: number } | undefined;
  let stepsBack = 0;
  let isMended = !hasClock;
  return {
    next(muxedUs, arrivedAt) {
      let us = muxedUs;
      if (last !== undefined) {
        const gapUs = muxedUs - last.muxedUs;
        const elapsedUs = Math.round((arrivedAt - last.arrivedAt) * 1000);
        // As in `createPictureTimes`: what the muxer makes of a step back, until the clock is past its old time.
        const wasBack = stepsBack > 0;
        stepsBack = gapUs === 1 ? stepsBack + 1 : 0;
        const isAhead = gapUs - elapsedUs > LONGEST_LEAP_US;
        if (hasClock && (isAhead || stepsBack === 2)) onLeap(last.us, isAhead);
        if (isAhead || stepsBack > 0) isMended = true;
        // The gap that ends a step back began before it: its time has passed already.
        const isOwn = hasClock && !isAhead && stepsBack === 0 && !wasBack;
        us = last.us + Math.max(1, isOwn ? gapUs : elapsedUs);
      }
      last = { muxedUs, us, arrivedAt };
      return us;
    },
    get isMended() {
      return isMended;
    },
  };
}
