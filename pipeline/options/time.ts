import { optionInvalid } from '../../model/check-option.js';

const CLOCK = /^(?:(\d+):)?(\d{1,2}):(\d{1,2}(?:\.\d+)?)$/;

/**
 * Parses a time in ffmpeg's notation: seconds (`90`, `1.5`), `mm:ss` or `hh:mm:ss`, with an optional fraction. Returns seconds.
 *
 * @throws `Failure` `OPTION_INVALID`.
 */
export function parseTime(name: string, value: unknown): number {
  if (typeof value === 'number' && value >= 0 && Number.isFinite(value)) return value;
  if (typeof value === 'string') {
    if (/^\d+(\.\d+)?$/.test(value)) return Number(value);
    const [, hours = '0', minutes, seconds] = CLOCK.exec(value) ?? [];
    if (minutes !== undefined && Number(minutes) < 60 && Number(seconds) < 60) {
      return Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
    }
  }
  throw optionInvalid(name, 'seconds or hh:mm:ss', value);
}

/** Formats a duration for people to read: `9 s`, `2:05`, `1:00:07`. */
export function formatTime(seconds: number): string {
  const whole = Math.max(Math.round(seconds), 0);
  if (whole < 60) return `${whole} s`;
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (value: number) => String(value).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}
