import { type Logger, pino } from 'pino';

export type { Logger };

/** Every {@link LogLevel}, from all to nothing. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
/** How much is logged. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Fields whose values are secrets whatever they hold. */
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

/** What a log writes, and where. */
export interface LogOptions {
  readonly level: LogLevel;
  /** `text` for people, `json` for machines. */
  readonly format: 'text' | 'json';
  /** Takes secrets out of every line. */
  readonly scrub: (text: string) => string;
  readonly write: (line: string) => void;
}

/** Makes a log of one JSON object, or one line for people, an event; nothing leaves it unscrubbed. */
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

/** What a line says, without secrets: each value by itself, so that no secret takes the quotes around it along, or level and time. */
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
  return `${String(time).slice(11, 19)} ${String(level).padEnd(5)} ${subject}${msg ?? ''}${more}\n`;
}
