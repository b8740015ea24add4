import { optionInvalid } from '../../model/check-option.js';
import { Failure } from '../../model/failure.js';
import { checkEngineOptions, type EngineOptions } from '../options/engine-options.js';
import { joinBySemicolons } from '../options/list.js';
import {
  type CheckedListenOptions,
  checkListenOptions,
  LISTEN_RULES,
  type ListenOptions,
} from '../options/listen-options.js';
import { type Completed, checkByRules, complete, type OptionRules } from '../options/option-rule.js';

/** Every {@link LogLevel}, from most to least verbose. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
/** How much is logged. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** The options of `serve`, from the command line, the environment, a file or a program. */
export interface ServeOptions extends EngineOptions, ListenOptions {
  /** `[NAME=]SOURCE`: URLs, files, cameras (`/dev/video0`, `avfoundation:0`, `dshow:video=NAME`). */
  readonly sources: readonly string[];
  /** Restarts files at their end. @default false */
  readonly loop?: boolean | undefined;
  /** Reads files at their own frame rate. @default true */
  readonly realtime?: boolean | undefined;
  /** The transport of RTSP. @default 'tcp' */
  readonly transport?: 'tcp' | 'udp' | undefined;
  /** @default 'all' */
  readonly decode?: 'all' | 'keyframes' | undefined;
  readonly hwaccel?: string | undefined;
  /** The format requested from a USB camera: `mjpeg`, `yuyv422`, ... */
  readonly cameraFormat?: string | undefined;
  /** The size requested from a USB camera, `1280x720`. */
  readonly cameraSize?: string | undefined;
  /** Frames per second requested from a USB camera. */
  readonly cameraFps?: number | undefined;
  /**
   * Regions that have no class, as for the operator `exclude`: `[NAME=]0,0.9 1,0.9 1,1 0,1; ...`, or a map of names of sources to
   * such texts. Regions have names either all or not at all; without one they are for all sources. By default there are none.
   */
  readonly exclude?: string | readonly string[] | Readonly<Record<string, string>> | undefined;
  /** The most frames per second of each source that are segmented. */
  readonly maxFps?: number | undefined;
  /** Frames older than this are not segmented, ms. @default 500 */
  readonly maxStaleness?: number | undefined;
  /** The most pictures of several sources in one batch of the engine. Defaults to 1 on a processor, otherwise to the number of sources, at most 8. */
  readonly batch?: number | undefined;
  /** Longest time from connecting to the first frame, seconds. @default 10 */
  readonly openTimeout?: number | undefined;
  /** Seconds without a frame after which a source is reconnected. Defaults to 5, or 30 for files, HLS and with `decode: 'keyframes'`. */
  readonly stallTimeout?: number | undefined;
  /** The path of a video of what is shown; several sources have one each, `OUT-NAME.mp4`. */
  readonly record?: string | undefined;
  /** The longest duration of a file, minutes; then the recording continues in another file, `OUT-2.mp4`. @default 60 */
  readonly recordMinutes?: number | undefined;
  /** Hours after which finished recordings are deleted, except the newest of each source. By default they are kept. */
  readonly recordKeepHours?: number | undefined;
  /** The most disk space for all recordings, 10^9 bytes; beyond it the oldest finished ones are deleted. By default they are kept. */
  readonly recordKeepGb?: number | undefined;
  /** The opacity of class colours in the rendered overlay, 0-1. @default 0.5 */
  readonly opacity?: number | undefined;
  /** The quality of JPEG pictures, 1-100. @default 80 */
  readonly quality?: number | undefined;
  /** @default 'info' */
  readonly logLevel?: LogLevel | undefined;
  /** Defaults to `text` on a terminal, otherwise to `json`. */
  readonly logFormat?: 'text' | 'json' | undefined;
}

/** The defaults, which the help states too. */
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

/**
 * Defaults of `stallTimeout`, s. `patient` is for key frames, which may be ten seconds apart, for HLS, which comes in pieces, and for
 * files, which stall only if the machine is too busy to read them.
 */
export const STALL_TIMEOUTS = { usual: 5, patient: 30 } as const;

/** The largest default of `batch`. */
export const MOST_SOURCES_AT_ONCE = 8;

/** `ServeOptions`, checked and with defaults. Options whose default depends on a source, the engine or the terminal may be absent. */
export type CheckedServeOptions = Completed<ServeOptions, keyof typeof SERVE_DEFAULTS> & CheckedListenOptions;

/** The name of an option of `serve` itself. */
export type OwnServeOption = Exclude<keyof ServeOptions, keyof EngineOptions | 'sources'>;

/** The options of `serve` itself, in the order of its help. */
export const SERVE_RULES: OptionRules<OwnServeOption> = {
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
  exclude: {
    kind: 'parsed',
    value: 'region',
    parse: joinBySemicolons,
    help: 'a region without a class, of the source NAME or of all: "front=0,0.9 1,0.9 1,1 0,1", the corners x,y of a polygon from 0,0 (top left) to 1,1; with ; or repeated',
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
    help: `connect anew after so long without a frame (default: ${STALL_TIMEOUTS.usual}; ${STALL_TIMEOUTS.patient} for files, HLS and with --decode keyframes)`,
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
 * Checks every option and fills in defaults.
 *
 * @param nameOf Returns an option's name where it came from, `--max-fps`.
 * @throws `Failure` `OPTION_INVALID`.
 */
export function checkServeOptions(options: ServeOptions, nameOf: (option: string) => string): CheckedServeOptions {
  checkByRules(options, SERVE_RULES, nameOf);
  if (!Array.isArray(options.sources) || options.sources.length === 0) {
    throw optionInvalid('<sources...>', 'one source or more: a URL, a file or a camera', options.sources ?? []);
  }
  // Otherwise users who believe that they are recording would find out too late.
  for (const name of ['recordMinutes', 'recordKeepHours', 'recordKeepGb'] as const) {
    if (options[name] !== undefined && options.record === undefined) {
      throw new Failure('OPTION_INVALID', `Expected ${nameOf(name)} to come with ${nameOf('record')}, got it alone`);
    }
  }
  const listen = checkListenOptions(options, nameOf);
  return { ...complete(options, SERVE_DEFAULTS), ...listen, ...checkEngineOptions(options, nameOf) };
}
