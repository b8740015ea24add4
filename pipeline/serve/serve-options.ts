import { checkChoice, checkNumber, type NumberRange, optionInvalid } from '../options/check.js';
import { checkEngineOptions, type EngineOptions } from '../options/engine-options.js';
import { LOG_LEVELS, type LogLevel } from './log.js';

/** What `serve` takes, from the command line, the environment, a file or a program. */
export interface ServeOptions extends EngineOptions {
  /** `[NAME=]SOURCE`: URLs, files, cameras (`/dev/video0`, `avfoundation:0`, `dshow:video=NAME`). */
  readonly sources: readonly string[];
  /** @default '127.0.0.1' */
  readonly host?: string | undefined;
  /** 0 takes a free one. @default 8080 */
  readonly port?: number | undefined;
  /** At least 16 characters. Not an option of the command line, where others could read it. */
  readonly token?: string | undefined;
  /** A file that holds the token. */
  readonly tokenFile?: string | undefined;
  /** PEM files, both or none. */
  readonly tlsCert?: string | undefined;
  readonly tlsKey?: string | undefined;
  readonly allowOrigin?: readonly string[] | undefined;
  readonly allowHost?: readonly string[] | undefined;
  /** @default 100 */
  readonly maxClients?: number | undefined;
  /** From one address. @default 20 */
  readonly maxClientsPerAddress?: number | undefined;
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
  /** Of the burnt overlay. @default 0.5 */
  readonly opacity?: number | undefined;
  /** Of JPEG, 1-100. @default 80 */
  readonly quality?: number | undefined;
  /** @default 'info' */
  readonly logLevel?: LogLevel | undefined;
  /** @default 'text' on a terminal, else 'json' */
  readonly logFormat?: 'text' | 'json' | undefined;
}

/** The options of `serve` that are about listening; `run --broadcast` takes them too. */
export type ListenOptions = Pick<ServeOptions, (typeof LISTEN_OPTIONS)[number]>;

/** The names of `ListenOptions`, in the order of the help. */
export const LISTEN_OPTIONS = [
  'host',
  'port',
  'token',
  'tokenFile',
  'tlsCert',
  'tlsKey',
  'allowOrigin',
  'allowHost',
  'maxClients',
  'maxClientsPerAddress',
] as const;

/** One option, as every way of giving it needs to know it. */
export interface OptionRule {
  readonly kind: 'text' | 'number' | 'flag' | 'list';
  readonly help: string;
  /** Shown in the help in place of a value; `NAME` if absent. */
  readonly value?: string;
  readonly range?: NumberRange;
  readonly choices?: readonly string[];
  /** True for a secret, which the command line does not take. */
  readonly secret?: boolean;
}

/** The name of an option of `serve` itself. */
export type OwnOption = Exclude<keyof ServeOptions, keyof EngineOptions | 'sources'>;

/** The options of `serve` itself, in the order of its help. */
export const SERVE_OPTIONS: Readonly<Record<OwnOption, OptionRule>> = {
  host: { kind: 'text', value: 'address', help: 'address to listen on (default: 127.0.0.1; others need a token)' },
  port: {
    kind: 'number',
    value: 'n',
    range: { min: 0, max: 65535, integer: true },
    help: 'port to listen on, 0 for a free one (default: 8080)',
  },
  token: { kind: 'text', secret: true, help: 'what clients have to bring' },
  tokenFile: {
    kind: 'text',
    value: 'file',
    help: 'file with the token that clients have to bring, 16 characters or more (or set SEGNET_STREAM_TOKEN)',
  },
  tlsCert: { kind: 'text', value: 'file', help: 'PEM certificate: serve by TLS' },
  tlsKey: { kind: 'text', value: 'file', help: 'PEM key of the certificate' },
  allowOrigin: { kind: 'list', value: 'origins', help: 'other sites whose pages may connect, https://wall.example' },
  allowHost: {
    kind: 'list',
    value: 'names',
    help: 'host names by which the server may be addressed, beside localhost and IP addresses',
  },
  maxClients: {
    kind: 'number',
    value: 'n',
    range: { min: 1, max: 10_000, integer: true },
    help: 'most clients at a time (default: 100)',
  },
  maxClientsPerAddress: {
    kind: 'number',
    value: 'n',
    range: { min: 1, max: 10_000, integer: true },
    help: 'most clients from one address (default: 20)',
  },
  loop: { kind: 'flag', help: 'begin files anew at their end' },
  realtime: { kind: 'flag', help: 'read files at their own speed (default; --no-realtime as fast as they decode)' },
  transport: { kind: 'text', value: 'name', choices: ['tcp', 'udp'], help: 'of RTSP: tcp or udp (default: tcp)' },
  decode: {
    kind: 'text',
    value: 'what',
    choices: ['all', 'keyframes'],
    help: 'all, or keyframes alone: slow looks at many cameras (default: all)',
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
    help: 'do not segment frames older than this (default: 500)',
  },
  batch: {
    kind: 'number',
    value: 'n',
    range: { min: 1, max: 64, integer: true },
    help: 'pictures of several sources that the engine is given at once (default: 1 on a processor, else the number of sources up to 8)',
  },
  openTimeout: {
    kind: 'number',
    value: 's',
    range: { min: 0.1, max: 600 },
    help: 'longest time from connecting to the first frame (default: 10)',
  },
  stallTimeout: {
    kind: 'number',
    value: 's',
    range: { min: 0.1, max: 600 },
    help: 'connect anew after so long without a frame (default: 5; 30 for files and with --decode keyframes)',
  },
  record: {
    kind: 'text',
    value: 'path',
    help: 'write what is shown to a video as well; OUT-NAME.mp4 each for several sources',
  },
  opacity: {
    kind: 'number',
    value: '0-1',
    range: { min: 0, max: 1 },
    help: 'of class colours in the burnt overlay and the recording (default: 0.5)',
  },
  quality: {
    kind: 'number',
    value: '1-100',
    range: { min: 1, max: 100, integer: true },
    help: 'of JPEG pictures (default: 80)',
  },
  logLevel: { kind: 'text', value: 'level', choices: LOG_LEVELS, help: `${LOG_LEVELS.join(', ')} (default: info)` },
  logFormat: {
    kind: 'text',
    value: 'name',
    choices: ['text', 'json'],
    help: 'text or json (default: text where standard error is a terminal, else json)',
  },
};

/**
 * Checks every option.
 *
 * @param nameOf What an option is called where it came from, `--max-fps`.
 * @throws `Failure` `OPTION_INVALID`.
 */
export function checkServeOptions(options: ServeOptions, nameOf: (option: string) => string): ServeOptions {
  for (const [name, rule] of Object.entries(SERVE_OPTIONS)) {
    const value = options[name as OwnOption];
    if (value !== undefined) checkOption(nameOf(name), value, rule);
  }
  if (!Array.isArray(options.sources) || options.sources.length === 0) {
    throw optionInvalid('<sources...>', 'one source or more: a URL, a file or a camera', options.sources ?? []);
  }
  checkListenOptions(options, nameOf);
  return { ...options, ...checkEngineOptions(options, nameOf) };
}

/** Checks the options that are about listening, and returns them alone. @throws `Failure` `OPTION_INVALID`. */
export function checkListenOptions(options: ListenOptions, nameOf: (option: string) => string): ListenOptions {
  const given = LISTEN_OPTIONS.filter((name) => options[name] !== undefined);
  for (const name of given) checkOption(nameOf(name), options[name], SERVE_OPTIONS[name]);
  if ((options.tlsCert === undefined) !== (options.tlsKey === undefined)) {
    throw optionInvalid(
      `${nameOf('tlsCert')} and ${nameOf('tlsKey')}`,
      'given together',
      options.tlsCert ?? options.tlsKey,
    );
  }
  for (const origin of options.allowOrigin ?? []) {
    if (!URL.canParse(origin) || new URL(origin).origin !== origin.toLowerCase()) {
      throw optionInvalid(nameOf('allowOrigin'), 'scheme, host and port alone, https://wall.example', origin);
    }
  }
  for (const host of options.allowHost ?? []) {
    if (
      !URL.canParse(`http://${host}`) ||
      new URL(`http://${host}`).host !== host.toLowerCase() ||
      /:\d+$/.test(host)
    ) {
      throw optionInvalid(nameOf('allowHost'), 'a name without a port, camera.example', host);
    }
  }
  return Object.fromEntries(given.map((name) => [name, options[name]]));
}

/** Checks one option's value. @throws `Failure` `OPTION_INVALID`. */
export function checkOption(name: string, value: unknown, rule: OptionRule): void {
  switch (rule.kind) {
    case 'number':
      checkNumber(name, value, rule.range ?? {});
      return;
    case 'flag':
      if (typeof value !== 'boolean') throw optionInvalid(name, 'true or false', value);
      return;
    case 'list':
      if (!Array.isArray(value) || !value.every((entry) => typeof entry === 'string'))
        throw optionInvalid(name, 'a list of texts', value);
      return;
    case 'text':
      if (rule.choices) checkChoice(name, value, rule.choices);
      else if (typeof value !== 'string' || value === '')
        throw optionInvalid(name, 'a text', rule.secret ? '***' : value);
  }
}
