import { type Logger, pino } from 'pino';
import { printable } from '../wording.js';
import type { LogLevel } from './serve-options.js';

export type { Logger };

/** Fields whose values are always secret. */
const SECRET_FIELDS = [
  'token',
  'password',
  'authorization',
  'cookie',
  '*.token',
  '*.password',
  '*.authorization',
  '*.cookie',
];

/** The format and destination of a log. */
export interface LogOptions {
  readonly level: LogLevel;
  /** `text` for people, `json` for machines. */
  readonly format: 'text' | 'json';
  /** Removes secrets from text. */
  readonly scrub: (text: string) => string;
  readonly write: (line: string) => void;
}

/** Creates a log that writes a JSON object or a line of text for each event, always scrubbed. */
export function createLog({ level, format, scrub, write }: LogOptions): Logger {
  return pino(
    {
      level,
      base: null,
      redact: { paths: SECRET_FIELDS, censor: '***' },
      formatters: { level: (label) => ({ level: label }) },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
    },
    {
      write: (line: string) =>
        write(format === 'json' ? `${JSON.stringify(clean(line, scrub))}\n` : toText(clean(line, scrub))),
    },
  );
}

/** Removes secrets from a line, value by value, so that no secret can match quotes, level or time. */
function clean(line: string, scrub: (text: string) => string): Record<string, unknown> {
  const isOurs = (key: string) => key === 'level' || key === 'time';
  return JSON.parse(line, (key, value) => (typeof value === 'string' && !isOurs(key) ? scrub(value) : value));
}

/** `12:03:55 warn  front: reconnecting (error: ...)` */
function toText({ level, time, msg, stream, ...fields }: Record<string, unknown>): string {
  const said = Object.entries(fields).map(
    ([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  const more = said.length === 0 ? '' : ` (${said.join(', ')})`;
  const subject = stream === undefined ? '' : `${stream}: `;
  const text = `${String(time).slice(11, 19)} ${String(level).padEnd(5)} ${subject}${msg ?? ''}${more}`;
  // The name of a file must not make a line of its own.
  return `${printable(text).replaceAll('\n', '\\n')}\n`;
}
