import { optionInvalid } from '../../model/check-option.js';
import { Failure } from '../../model/failure.js';
import { checkEngineOptions, type EngineOptions } from '../options/engine-options.js';
import {
  type CheckedListenOptions,
  checkListenOptions,
  LISTEN_RULES,
  type ListenOptions,
} from '../options/listen-options.js';
import { type Completed, checkByRules, complete, type OptionRules } from '../options/option-rule.js';
import { LOG_LEVELS, type LogLevel } from './log.js';

/** What `serve` takes, from the command line, the environment, a file or a program. */
export interface ServeOptions extends EngineOptions, ListenOptions {
  /** `[NAME=]SOURCE`: URLs, files, cameras (`/dev/video0`, `avfoundation:0`, `dshow:video=NAME`). */
  readonly sources: readonly string[];
  /** Files begin anew at their end. @default false */
  readonly loop?: boolean | undefined;
  /** Files are read at their own speed. @default true */
  readonly realtime?: boolean | undefined;
  /** For RTSP. @default 'tcp' */
  readonly transport?: 'tcp' | 'udp' | undefined;
  /** @default 'all' */
  readonly decode?: 'all' | 'keyframes' | undefined;
  readonly hwaccel?: string | undefined;
  /** How a USB camera is to give its pictures: `mjpeg`, `yuyv422`, ... */
  readonly cameraFormat?: string | undefined;
  /** The size to ask a USB camera for, `1280x720`. */
  readonly cameraSize?: string | undefined;
  /** Frames a second to ask a USB camera for. */
  readonly cameraFps?: number | undefined;
  /** Of each source. */
  readonly maxFps?: number | undefined;
  /** Older frames are not segmented, ms. @default 500 */
  readonly maxStaleness?: number | undefined;
  /** Pictures of several sources that the engine is given at once. @default 1 on a processor, else the sources, at most 8 */
  readonly batch?: number | undefined;
  /** Seconds from connecting to the first frame. @default 10 */
  readonly openTimeout?: number | undefined;
  /** Seconds without a frame after which a source is connected anew. @default 5, 30 for files and with `decode: 'keyframes'` */
  readonly stallTimeout?: number | undefined;
  /** A video of what is shown; for several sources, one each: `OUT-NAME.mp4`. */
  readonly record?: string | undefined;
  /** After so many a recording goes on in another file, `OUT-2.mp4`. @default 60 */
  readonly recordMinutes?: number | undefined;
  /** Finished recordings are deleted so long after their end, but for the newest of each source. Defaults to never. */
  readonly recordKeepHours?: number | undefined;
  /** The oldest finished recordings are deleted where all together are larger, 10^9 bytes. Defaults to never. */
  readonly recordKeepGb?: number | undefined;
  /** Of the burnt overlay. @default 0.5 */
  readonly opacity?: number | undefined;
  /** Of JPEG, 1-100. @default 80 */
  readonly quality?: number | undefined;
  /** @default 'info' */
  readonly logLevel?: LogLevel | undefined;
  /** @default 'text' on a terminal, else 'json' */
  readonly logFormat?: 'text' | 'json' | undefined;
}

/** What is taken where nothing is said; the help says the same by them. */
export const SERVE_DEFAULTS = {
  loop: false,
  realtime: true,
  transport: 'tcp',
  decode: 'all',
  maxStaleness: 500,
  openTimeout: 10,
  recordMinutes: 60,
  opacity: 0.5,
  quality: 80,
  logLevel: 'info',
} as const satisfies Partial<ServeOptions>;

/** Of `stallTimeout`, s: key frames may be ten seconds apart; a file has no reason to stall but a machine that is too busy to read it. */
export const STALL_TIMEOUTS = { usual: 5, patient: 30 } as const;

/** Of `batch` where it goes by the sources: so many at most. */
export const MOST_SOURCES_AT_ONCE = 8;

/** `ServeOptions` with everything checked and filled in; what goes by a source, the engine or the terminal is absent if it was not given. */
export type CheckedServeOptions = Completed<ServeOptions, keyof typeof SERVE_DEFAULTS> & CheckedListenOptions;

/** The name of an option of `serve` itself. */
export type OwnOption = Exclude<keyof ServeOptions, keyof EngineOptions | 'sources'>;

/** The options of `serve` itself, in the order of its help. */
export const SERVE_OPTIONS: OptionRules<OwnOption> = {
  ...LISTEN_RULES,
  loop: { kind: 'flag', help: 'begin files anew at their end' },
  realtime: {
    kind: 'flag',
    help: 'read files at their own speed (default)',
    no: 'read files as fast as they decode',
  },
  transport: {
    kind: 'text',
    value: 'name',
    choices: ['tcp', 'udp'],
    help: `of RTSP: tcp or udp (default: ${SERVE_DEFAULTS.transport})`,
  },
  decode: {
    kind: 'text',
    value: 'what',
    choices: ['all', 'keyframes'],
    help: `all, or keyframes alone: slow looks at many cameras (default: ${SERVE_DEFAULTS.decode})`,
  },
  hwaccel: { kind: 'text', value: 'name', help: 'decode in hardware: auto, cuda, vaapi, videotoolbox, ...' },
  cameraFormat: {
    kind: 'text',
    value: 'name',
    help: 'how a USB camera is to give its pictures: mjpeg, by which many give large ones at their full rate, yuyv422, ... (default: up to its driver)',
  },
  cameraSize: { kind: 'text', value: 'WxH', help: 'size to ask a USB camera for' },
  cameraFps: {
    kind: 'number',
    value: 'n',
    range: { min: 1, max: 240 },
    help: 'frames a second to ask a USB camera for (default: up to its driver; 30 on macOS)',
  },
  maxFps: {
    kind: 'number',
    value: 'n',
    range: { min: 0.01, max: 240 },
    help: 'segment at most so many frames a second of each source',
  },
  maxStaleness: {
    kind: 'number',
    value: 'ms',
    range: { min: 1, max: 60_000 },
    help: `do not segment frames older than this (default: ${SERVE_DEFAULTS.maxStaleness})`,
  },
  batch: {
    kind: 'number',
    value: 'n',
    range: { min: 1, max: 64, integer: true },
    help: `pictures of several sources that the engine is given at once (default: 1 on a processor, else the number of sources up to ${MOST_SOURCES_AT_ONCE})`,
  },
  openTimeout: {
    kind: 'number',
    value: 's',
    range: { min: 0.1, max: 600 },
    help: `longest time from connecting to the first frame (default: ${SERVE_DEFAULTS.openTimeout})`,
  },
  stallTimeout: {
    kind: 'number',
    value: 's',
    range: { min: 0.1, max: 600 },
    help: `connect anew after so long without a frame (default: ${STALL_TIMEOUTS.usual}; ${STALL_TIMEOUTS.patient} for files and with --decode keyframes)`,
  },
  record: {
    kind: 'text',
    value: 'path',
    help: 'write what is shown to a video as well; OUT-NAME.mp4 each for several sources',
  },
  recordMinutes: {
    kind: 'number',
    value: 'n',
    range: { min: 0.1, max: 10_080 },
    help: `after so many a recording goes on in another file, OUT-2.mp4 (default: ${SERVE_DEFAULTS.recordMinutes})`,
  },
  recordKeepHours: {
    kind: 'number',
    value: 'n',
    range: { min: 0.01, max: 1_000_000 },
    help: 'delete finished OUT[-NAME][-N].mp4, of earlier runs too, so long after their end; the newest of each source stays (default: keep them)',
  },
  recordKeepGb: {
    kind: 'number',
    value: 'n',
    range: { min: 0.001, max: 1_000_000 },
    help: 'and the oldest while all together are larger; what is being written comes on top (default: keep them)',
  },
  opacity: {
    kind: 'number',
    value: '0-1',
    range: { min: 0, max: 1 },
    help: `of class colours in the burnt overlay and the recording (default: ${SERVE_DEFAULTS.opacity})`,
  },
  quality: {
    kind: 'number',
    value: '1-100',
    range: { min: 1, max: 100, integer: true },
    help: `of JPEG pictures (default: ${SERVE_DEFAULTS.quality})`,
  },
  logLevel: {
    kind: 'text',
    value: 'level',
    choices: LOG_LEVELS,
    help: `${LOG_LEVELS.join(', ')} (default: ${SERVE_DEFAULTS.logLevel})`,
  },
  logFormat: {
    kind: 'text',
    value: 'name',
    choices: ['text', 'json'],
    help: 'text or json (default: text where standard error is a terminal, else json)',
  },
};

/**
 * Checks every option, and fills in what was left out.
 *
 * @param nameOf What an option is called where it came from, `--max-fps`.
 * @throws `Failure` `OPTION_INVALID`.
 */
export function checkServeOptions(options: ServeOptions, nameOf: (option: string) => string): CheckedServeOptions {
  checkByRules(options, SERVE_OPTIONS, nameOf);
  if (!Array.isArray(options.sources) || options.sources.length === 0) {
    throw optionInvalid('<sources...>', 'one source or more: a URL, a file or a camera', options.sources ?? []);
  }
  // Who believes to record and does not would find out too late.
  for (const name of ['recordMinutes', 'recordKeepHours', 'recordKeepGb'] as const) {
    if (options[name] !== undefined && options.record === undefined) {
      throw new Failure('OPTION_INVALID', `Expected ${nameOf(name)} to come with ${nameOf('record')}, got it alone`);
    }
  }
  const listen = checkListenOptions(options, nameOf);
  return { ...complete(options, SERVE_DEFAULTS), ...listen, ...checkEngineOptions(options, nameOf) };
}
