import { basename, extname } from 'node:path';
import { optionInvalid } from '../../model/check-option.js';
import { Failure } from '../../model/failure.js';
import { type FfmpegTool, isAtLeast } from '../../operators/find-ffmpeg.js';
import { redact } from '../../operators/redact.js';
import { unescaped } from './scrub.js';
import type { CheckedServeOptions } from './serve-options.js';

/** A source of live video. */
export interface LiveSource {
  /** The name that viewers see; unique in a server. */
  readonly name: string;
  /** What ffmpeg opens, including secrets. It must never be shown. */
  readonly input: string;
  /** The input without secrets, for people to read. */
  readonly shown: string;
  /** Values from environment variables, which must never be logged. */
  readonly secrets: readonly string[];
  readonly kind: 'rtsp' | 'http' | 'rtmp' | 'device' | 'network' | 'file';
}

/** How sources are read; the same for all sources of a server. */
export type SourceOptions = Pick<
  CheckedServeOptions,
  'transport' | 'decode' | 'loop' | 'cameraFormat' | 'cameraSize' | 'cameraFps' | 'openTimeout' | 'stallTimeout'
>;

/**
 * How long ffmpeg itself waits for a network, microseconds: a little less than the watchdog of `supervise`, which covers what this
 * misses but cannot say as much.
 */
function networkTimeout({ openTimeout, stallTimeout = 0 }: SourceOptions): string {
  return String(Math.max(5, Math.max(openTimeout, stallTimeout) - 0.5) * 1e6);
}

/**
 * Parses each `[NAME=]SOURCE`, `front=rtsp://camera/stream`; a missing name is derived from the source. `${NAME}` is replaced
 * by that environment variable, so that passwords need not be in files or on command lines. Its value is taken literally, and
 * may contain characters that a URL cannot; only a variable that holds the whole URL has them percent-encoded.
 *
 * @throws `Failure` `OPTION_INVALID` for an empty source, a name given twice, an unset variable, a port that is no number or a
 * camera of another system.
 */
export function parseSources(
  specs: readonly string[],
  environment: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): LiveSource[] {
  const taken = new Set<string>();
  return specs.map((spec) => {
    const [, givenName, rest] = /^(?:([\p{L}\p{N}](?:[\p{L}\p{N} ._-]{0,62}[\p{L}\p{N}._-])?)\s*=\s*)?(.*)$/su.exec(
      spec,
    )!;
    const [, wrongName] = /^([^:]*?)\s*=\s*[a-z][a-z0-9+.-]*:\/\//i.exec(rest!) ?? [];
    if (wrongName !== undefined) {
      throw new Failure(
        'OPTION_INVALID',
        `Expected the name of a source to be at most 64 letters, digits, spaces, '.', '_' and '-', got \`${wrongName}\``,
      );
    }
    const { input, secrets } = withVariables(rest!, environment);
    if (input === '')
      throw new Failure('OPTION_INVALID', `Expected a source to be [NAME=]URL, a file or a camera, got \`${spec}\``);
    if (givenName !== undefined && taken.has(givenName)) {
      throw new Failure('OPTION_INVALID', `Expected the names of sources to differ, got ${givenName} twice`);
    }
    const kind = kindOf(input);
    if (kind === 'device') checkSystem(input, platform);
    const shown = redact(input);
    checkPort(input, shown);
    const name = givenName ?? freeName(nameOf(shown), taken);
    taken.add(name);
    return { name, input, shown, secrets, kind };
  });
}

/** A source with its variables replaced, and their values. */
interface Filled {
  readonly input: string;
  /** Both raw and URL-encoded. */
  readonly secrets: readonly string[];
}

/**
 * Replaces variables, and encodes characters of their values that are not allowed in their part of the URL, at which a password
 * would end or be shown, and `%`, since a password with `%41` is not one with `A`. RTMP addresses are not encoded, since ffmpeg
 * does not decode them.
 */
function withVariables(spec: string, environment: NodeJS.ProcessEnv): Filled {
  const secrets: string[] = [];
  const fill = (part: string, unsafe?: RegExp): string =>
    part.replaceAll(/\$\{(\w+)\}/g, (_, variable: string) => {
      const value = environment[variable];
      if (value === undefined) {
        const message = `The source ${redact(spec)} needs the environment variable ${variable}, which is not set`;
        throw new Failure('OPTION_INVALID', message);
      }
      const written = unsafe === undefined ? value : value.replaceAll(unsafe, encodeURIComponent);
      secrets.push(value, written);
      return written;
    });
  const [, user, path = '', query = ''] = /^([a-z][a-z0-9+.-]*:\/\/(?:[^/?]*@)?)([^?]*)(.*)$/is.exec(spec) ?? [];
  // A file, or an address that is entirely in a variable and of which only the password is secret.
  if (user === undefined) return { input: withoutSpaces(fill(spec)), secrets: [] };
  const parts = [
    // A single variable may hold user and password.
    [user, /^[^:]*:\/\/\$\{\w+\}@$/.test(user) ? UNSAFE.userAndPassword : UNSAFE.user],
    [path, UNSAFE.path],
    [query, UNSAFE.query],
  ] as const;
  const isRtmp = /^rtmp/i.test(spec);
  const input = parts.map(([part, unsafe]) => fill(part, isRtmp ? undefined : unsafe)).join('');
  return { input: withoutSpaces(input), secrets };
}

/** Characters that are not allowed in a part of a URL, or would end it. */
const UNSAFE = {
  user: /[^\w.~!$&'()*+,;=-]/gu,
  userAndPassword: /[^\w.~!$&'()*+,;=:-]/gu,
  path: /[%\s#?@]/g,
  query: /[%\s#&+]/g,
};

/**
 * Checks the port of a camera's address. After a password with a slash, `rtsp://me:pass/word@camera`, the host would be `me` and
 * the port `pass`. Node's own check is not used, since it refuses the zones of IPv6 addresses.
 *
 * @throws `Failure` `OPTION_INVALID`.
 */
function checkPort(input: string, shown: string): void {
  const [, authority] = /^(?:rtsps?|https?):\/\/(?:[^/?#]*@)?([^/?#]*)/i.exec(input) ?? [];
  if (authority === undefined || /^(?:\[[^\]]*\]|[^:]*)(?::\d*)?$/.test(authority)) return;
  const hint = input.includes('@')
    ? `: if its password contains /, # or ?, put it into \${VARIABLE} or percent-encode it`
    : '';
  throw new Failure('OPTION_INVALID', `Expected the port of the source ${shown} to be a number${hint}`);
}

/** Encodes spaces in a URL; file names may contain them. */
function withoutSpaces(input: string): string {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(input) ? input.replaceAll(/\s/g, encodeURIComponent) : input;
}

/** The input that ffmpeg gets for a source, as USB cameras have other names there. */
export function ffmpegInput(source: LiveSource): string {
  return source.kind === 'device' ? source.input.replace(/^(?:v4l2|avfoundation|dshow):(?:\/\/)?/i, '') : source.input;
}

/** The options before `-i` with which ffmpeg opens a source at once, does not buffer, and gives up on a dead network. */
export function ffmpegOptions(source: LiveSource, tool: FfmpegTool, options: SourceOptions): string[] {
  const { transport, decode, loop } = options;
  // In ffmpeg 4, RTSP's -timeout means how long to listen.
  const rtspTimeout = isAtLeast(tool, [59, 0]) ? '-timeout' : '-stimeout';
  // With frame threading each thread delays one frame, which is 6 times the latency with 16 threads.
  const live = [
    ...['-fflags', 'nobuffer', '-flags', 'low_delay', '-probesize', '500000', '-analyzeduration', '500000'],
    // Otherwise ffmpeg waits for some twenty pictures to guess their rate: at one a second, longer than `openTimeout`.
    ...['-fpsprobesize', '0'],
  ];
  const byKind: Record<LiveSource['kind'], readonly string[]> = {
    rtsp: ['-rtsp_transport', transport, rtspTimeout, networkTimeout(options), ...live],
    http: ['-rw_timeout', networkTimeout(options), ...(isHls(source) ? ['-live_start_index', '-2'] : live)],
    rtmp: ['-rw_timeout', networkTimeout(options), ...live],
    network: live,
    device: deviceOptions(deviceFormat(source.input), options),
    file: loop ? ['-stream_loop', '-1'] : [],
  };
  return [...byKind[source.kind], ...(decode === 'keyframes' ? ['-skip_frame', 'nokey'] : [])];
}

function kindOf(input: string): LiveSource['kind'] {
  if (/^rtsps?:/i.test(input)) return 'rtsp';
  if (/^https?:/i.test(input)) return 'http';
  if (/^rtmp[a-z]*:/i.test(input)) return 'rtmp';
  if (/^(?:v4l2|avfoundation|dshow):/i.test(input) || input.startsWith('/dev/')) return 'device';
  return /^(?:udp|srt|rtp|tcp|mmsh?):/i.test(input) ? 'network' : 'file';
}

/** The platforms of ffmpeg's camera formats, and an example of a camera's name there. */
const DEVICE_SYSTEMS: Readonly<Record<string, { readonly platforms: readonly string[]; readonly example: string }>> = {
  v4l2: { platforms: ['linux', 'android', 'freebsd'], example: '/dev/video0' },
  avfoundation: { platforms: ['darwin'], example: 'avfoundation:0' },
  dshow: { platforms: ['win32'], example: 'dshow:video=NAME' },
};

function checkSystem(input: string, platform: NodeJS.Platform): void {
  const format = deviceFormat(input);
  if (DEVICE_SYSTEMS[format]!.platforms.includes(platform)) return;
  const own = Object.values(DEVICE_SYSTEMS).find(({ platforms }) => platforms.includes(platform));
  const hint = own ? `on this one a camera is ${own.example}` : 'there are no cameras on this one';
  throw new Failure('OPTION_INVALID', `The source ${input} is a camera of another system (${format}): ${hint}`);
}

/**
 * Checks that the requested format is possible for the cameras among the sources.
 *
 * @throws `Failure` `OPTION_INVALID` for a codec on macOS, where ffmpeg gets only raw pictures from cameras.
 */
export function checkCameraFormat(sources: readonly LiveSource[], format: string | undefined, option: string): void {
  const isMac = sources.some(({ kind, input }) => kind === 'device' && deviceFormat(input) === 'avfoundation');
  if (format === undefined || !isMac || !isCodec(format)) return;
  throw optionInvalid(
    option,
    'a pixel format for a camera of macOS, which unpacks its pictures itself: nv12, uyvy422',
    format,
  );
}

/** True for the codecs of USB cameras, by ffmpeg's names, which are not pixel formats. */
function isCodec(format: string): boolean {
  return ['mjpeg', 'h264', 'hevc'].includes(format);
}

/** The option by which each of ffmpeg's camera formats selects the camera's format. */
function cameraFormatOption(format: string, cameraFormat: string): string {
  if (format === 'v4l2') return '-input_format';
  return format === 'dshow' && isCodec(cameraFormat) ? '-vcodec' : '-pixel_format';
}

function deviceOptions(format: string, { cameraFormat, cameraSize, cameraFps }: SourceOptions): readonly string[] {
  // Otherwise ffmpeg asks macOS for 29.97, which most cameras refuse.
  const rate = cameraFps ?? (format === 'avfoundation' ? 30 : undefined);
  return [
    ...['-f', format],
    ...(cameraFormat === undefined ? [] : [cameraFormatOption(format, cameraFormat), cameraFormat]),
    ...(rate === undefined ? [] : ['-framerate', String(rate)]),
    ...(cameraSize === undefined ? [] : ['-video_size', cameraSize]),
    // Room for some raw pictures; the default is too small for one of 1080p.
    ...(format === 'dshow' ? ['-rtbufsize', '64M'] : []),
    // Keeps decoder threads from delaying pictures if the camera gives H.264.
    ...['-fflags', 'nobuffer', '-flags', 'low_delay'],
  ];
}

function deviceFormat(input: string): string {
  return /^(v4l2|avfoundation|dshow):/i.exec(input)?.[1]?.toLowerCase() ?? 'v4l2';
}

/** True for HLS, which comes in pieces of some seconds. */
export function isHls({ kind, input }: LiveSource): boolean {
  return kind === 'http' && /\.m3u8(?:$|[?#])/i.test(input);
}

function nameOf(input: string): string {
  const device = /^dshow:video=(.+)$/i.exec(input)?.[1];
  if (device !== undefined) return device;
  if (URL.canParse(input) && !/^[a-z]:[\\/]/i.test(input)) {
    const { hostname, pathname } = new URL(input);
    const last = pathname.split('/').filter(Boolean).at(-1);
    // Some cameras have parameters in the path, including the password: `/user=admin_password=...`.
    const parts = [hostname, last && !last.includes('=') && unescaped(basename(last, extname(last)))].filter(Boolean);
    if (parts.length > 0) return parts.join('-');
  }
  return basename(input, extname(input)) || input;
}

function freeName(wanted: string, taken: ReadonlySet<string>): string {
  for (let count = 2, name = wanted; ; count++) {
    if (!taken.has(name)) return name;
    name = `${wanted}-${count}`;
  }
}
