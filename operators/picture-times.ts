/** Gives pictures their times, one after the other. */
export interface PictureTimes {
  /** The time of the next picture, µs, always later than the one before, of the time that ffmpeg's muxer gave it. */
  next(muxedUs: number): number;
  /** True where the clock was put right, so that it does not say how long a source is. */
  readonly isMended: boolean;
}

/**
 * Makes one. A time that steps back (files that were joined, a clock that was set) ffmpeg's muxer moves to one microsecond after the
 * last. One such picture is a slip, and gets its place half-way to the next; in a row they would all be shown at once, and go on at
 * the source's rate instead.
 *
 * @param frameRate Asked for with each picture: pictures a second.
 * @param onStepBack Hears, once for each step, of the time of the last picture, µs.
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
        // Where the rate varies, the gap to the next is more like the last one than like their mean.
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
