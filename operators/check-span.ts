import { checkNumber, optionInvalid } from '../model/check-option.js';

/** About a century: longer than any video, and within what ffmpeg can count. */
const MOST_SECONDS = 3e9;

/** Checks the span of a source that is asked for. @throws `Failure` `OPTION_INVALID`. */
export function checkSpan(span: {
  readonly startSeconds?: number | undefined;
  readonly durationSeconds?: number | undefined;
}): void {
  const { startSeconds = 0, durationSeconds = 1 } = span;
  checkNumber('startSeconds', startSeconds, { min: 0, max: MOST_SECONDS });
  checkNumber('durationSeconds', durationSeconds, { max: MOST_SECONDS });
  if (durationSeconds <= 0) throw optionInvalid('durationSeconds', 'more than 0', durationSeconds);
}
