import { inspect } from 'node:util';
import { Failure } from '../model/failure.js';
import { pictureBytes, type SampleFormat } from './frame.js';

/** Refuses an option that makes no sense by its name. @throws `Failure` `OPTION_INVALID`. */
export function checkOption(fits: boolean, option: string, expected: string, value: unknown): void {
  if (fits) return;
  const got = typeof value === 'string' ? `\`${value}\`` : inspect(value, { depth: 1, breakLength: Infinity });
  throw new Failure('OPTION_INVALID', `Expected the ${option} option to be ${expected}, got ${got}.`);
}

/** Checks a whole number, if there is one. @throws `Failure` `OPTION_INVALID`. */
export function checkWhole(option: string, value: unknown, least: number, most = 2 ** 31): void {
  const fits = value === undefined || (Number.isInteger(value) && Number(value) >= least && Number(value) <= most);
  checkOption(fits, option, `a whole number from ${least} to ${most}`, value);
}

/** Checks one of several words, if there is one. @throws `Failure` `OPTION_INVALID`. */
export function checkChoice(option: string, value: unknown, choices: readonly string[]): void {
  const fits = value === undefined || choices.includes(value as string);
  checkOption(fits, option, choices.map((choice) => `\`${choice}\``).join(' or '), value);
}

/** A century is longer than any video, and what ffmpeg can count. */
const MOST_SECONDS = 3e9;

/** Checks the part of a source that is asked for. @throws `Failure` `OPTION_INVALID`. */
export function checkPart(part: {
  readonly startSeconds?: number | undefined;
  readonly durationSeconds?: number | undefined;
}): void {
  const { startSeconds = 0, durationSeconds = 1 } = part;
  checkOption(startSeconds >= 0 && startSeconds <= MOST_SECONDS, 'startSeconds', 'seconds of at least 0', startSeconds);
  const isLong = durationSeconds > 0 && durationSeconds <= MOST_SECONDS;
  checkOption(isLong, 'durationSeconds', 'seconds, more than 0', durationSeconds);
}

/** Checks that a picture of a step of one's own has the bytes of its size. @throws `Failure` `FRAME_INVALID`. */
export function checkPicture(
  format: SampleFormat,
  { width, height, data }: { readonly width: number; readonly height: number; readonly data: Uint8Array },
): void {
  const expected = pictureBytes(format, width, height);
  if (data.length === expected) return;
  throw new Failure(
    'FRAME_INVALID',
    `Expected ${expected} bytes of ${format} for a picture of ${width}x${height}, got ${data.length}.`,
  );
}
