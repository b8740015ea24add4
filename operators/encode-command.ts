import { longestDelaySeconds } from './cut-original.js';
import type { EncodeOptions } from './encode.js';
import type { Container, EncodeCommand } from './encode-run.js';
import type { Prepared } from './prepare-encoding.js';

/** The subject of an encoder's command: everything besides its options. */
export interface EncodeSubject {
  readonly output: string;
  readonly part: string;
  readonly container: Container;
  /** The first picture; all others have its size. */
  readonly picture: EncodeCommand['picture'];
  readonly ptsUs: number;
}

/** A clock that begins later than this, seconds, is moved to 0: players would show nothing until then. */
const longestLeadSeconds = 2;

/** Makes an encoder's command; warns with `TIMES_SHIFTED` if the source's clock has to be moved to 0. */
export function makeEncodeCommand(
  ready: Prepared,
  { output, part, container, picture, ptsUs }: EncodeSubject,
  options: EncodeOptions,
): EncodeCommand {
  const { original } = ready;
  const { startSeconds, durationSeconds, threads, createdAt, track, crf = 20, preset = 'veryfast' } = options;
  // Without an original (a camera, standard input) the first picture is the beginning.
  const beginsAt = original?.info.startSeconds ?? ptsUs / 1e6 - (startSeconds ?? 0);
  // Of a clock that begins before 0, such as one of 26 hours that wraps (MPEG-TS), players would not show what lies before 0.
  const isMoved = beginsAt > longestLeadSeconds || beginsAt < -longestDelaySeconds;
  // Cuts and recordings begin at 0 in any case.
  const lead = isMoved || startSeconds !== undefined || createdAt !== undefined ? beginsAt : 0;
  if (isMoved) {
    const text = `The clock of ${original?.path ?? 'the source'} begins at ${lead.toFixed(3)} s: times in ${output} begin at 0 instead`;
    options.onWarning?.(text, 'TIMES_SHIFTED');
  }
  // ffmpeg counts a cut from the container's beginning, which may lie before 0 by an encoder's delay of sound: the first picture must
  // not come before the file's beginning.
  const cut = startSeconds === undefined ? 0 : Math.min(startSeconds, ptsUs / 1e6 - lead);
  return {
    ...ready,
    part,
    container,
    crf,
    preset,
    picture,
    shiftSeconds: lead + cut,
    ...(startSeconds !== undefined && { startSeconds }),
    ...(durationSeconds !== undefined && { durationSeconds }),
    ...(threads !== undefined && { threads }),
    ...(createdAt !== undefined && { createdAt }),
    ...(track !== undefined && { track }),
  };
}
