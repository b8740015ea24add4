/** How ffmpeg reads the part of an original from which an encoder takes sound. */
export interface OriginalCut {
  /** Options of its input. */
  readonly options: readonly string[];
  /** Seconds by which its times are late, so that the pictures have to be as late. */
  readonly delay: number;
  /** True if copied sound from before the cut, back to the key frame, can be left out by `-copypriorss`. */
  readonly canDropEarlier: boolean;
}

/** A clock that begins before 0 by no more than this, seconds, has but an encoder's delay of sound before 0. */
export const longestDelaySeconds = 0.1;

/**
 * Cuts an original by its own clock, which `-copyts` keeps. Of one that begins elsewhere than at 0, ffmpeg adds the beginning to
 * the time at which a cut ends, but not to that before which copied sound is left out. With the cut's own time the latter is right
 * and the end later by the beginning; everything is delayed, so that no time is before 0.
 */
export function cutOriginal(beginsAt: number, startSeconds?: number, durationSeconds?: number): OriginalCut {
  const length = (seconds: number | undefined) => (seconds ? ['-t', String(seconds)] : []);
  if (!startSeconds) return { options: length(durationSeconds), delay: 0, canDropEarlier: false };
  const isElsewhere = beginsAt > 0 || beginsAt < -longestDelaySeconds;
  const cutAt = beginsAt + startSeconds;
  // Of a cut before time 0, all sound would be left out.
  if (!isElsewhere || cutAt <= 0) {
    const options = ['-ss', String(startSeconds), ...length(durationSeconds)];
    return { options, delay: 0, canDropEarlier: !isElsewhere };
  }
  const delay = Math.abs(beginsAt);
  const seek = ['-itsoffset', delay.toFixed(6), '-seek_timestamp', '1', '-ss', cutAt.toFixed(6)];
  const end = length(durationSeconds && durationSeconds + delay - beginsAt);
  return { options: [...seek, ...end], delay, canDropEarlier: true };
}
