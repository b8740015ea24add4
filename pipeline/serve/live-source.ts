import { basename, extname } from 'node:path';
import { optionInvalid } from '../../model/check-option.js';
import { Failure } from '../../model/failure.js';
import { type FfmpegTool, isAtLeast } from '../../operators/find-ffmpeg.js';
import { redact } from '../../operators/redact.js';
import { unescaped } from './scrub.js';
import type { CheckedServeOptions } from './serve-options.js';

/** A source of live video, as a person named it. */
export interface LiveSource {
  /** What viewers see; unique in a server. */
  readonly name: string;
  /** What ffmpeg opens, secrets included: for nobody's eyes. */
  readonly input: string;
  /** The same for people. */
  readonly shown: string;
  /** What came from the environment: for no log. */
  readonly secrets: readonly string[];
  readonly kind: 'rtsp' | 'http' | 'rtmp' | 'device' | 'network' | 'file';
}

/** How sources are read; the same for all of a server. */
export type SourceOptions = Pick<
  CheckedServeOptions,
  'transport' | 'decode' | 'loop' | 'cameraFormat' | 'cameraSize' | 'cameraFps'
>;

/** How long ffmpeg itself waits for a network; the watchdog of `supervise` is for what this does not see. */
const NETWORK_TIMEOUT_US = '5000000';

/**
 * Reads `[NAME=]SOURCE` for each source, `front=rtsp://camera/stream`; names that are not given are made of the source. `${NAME}`
 * is replaced by that environment variable, so that passwords need stand in no file and no command line; there they may have
 * characters that a URL cannot.
 *
 * @throws `Failure` `OPTION_INVALID` for an empty source, a name given twice, an unset variable or a camera of another system.
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
    const name = givenName ?? freeName(nameOf(shown), taken);
    taken.add(name);
    return { name, input, shown, secrets, kind };
  });
}

/** A source with its variables put in, and what those hold. */
interface Filled {
  readonly input: string;
  /** As they are and as a URL writes them. */
  readonly secrets: readonly string[];
}

/**
 * Puts the variables in, and writes as a URL has to what cannot stand in its part of one: passwords have it, and would end at it, or
 * be shown. What is escaped already stays as it is; RTMP's addresses are not unescaped by ffmpeg.
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
  // A file, or an address that is all in a variable, of which the password alone is secret.
  if (user === undefined) return { input: withoutSpaces(fill(spec)), secrets: [] };
  const parts = [
    // One variable may be name and password.
    [user, /^[^:]*:\/\/\$\{\w+\}@$/.test(user) ? UNSAFE.userAndPassword : UNSAFE.user],
    [path, UNSAFE.path],
    [query, UNSAFE.query],
  ] as const;
  const isRtmp = /^rtmp/i.test(spec);
  const input = parts.map(([part, unsafe]) => fill(part, isRtmp ? undefined : unsafe)).join('');
  return { input: withoutSpaces(input), secrets };
}

/** What cannot stand in a part of a URL, or would end it. */
const UNSAFE = {
  user: /%(?![0-9a-f]{2})|[^\w.~!$&'()*+,;=%-]/giu,
  userAndPassword: /%(?![0-9a-f]{2})|[^\w.~!$&'()*+,;=%:-]/giu,
  path: /%(?![0-9a-f]{2})|[\s#?@]/gi,
  query: /%(?![0-9a-f]{2})|[\s#&+]/gi,
};

/** A URL has none; the name of a file may. */
function withoutSpaces(input: string): string {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(input) ? input.replaceAll(/\s/g, encodeURIComponent) : input;
}

/** The input that ffmpeg is given for a source, where that is not its name: USB cameras go by other names in ffmpeg. */
export function ffmpegInput(source: LiveSource): string {
  return source.kind === 'device' ? source.input.replace(/^(?:v4l2|avfoundation|dshow):(?:\/\/)?/i, '') : source.input;
}

/** The options before `-i` by which ffmpeg opens a source at once, keeps nothing back, and gives up on a dead network. */
export function ffmpegOptions(source: LiveSource, tool: FfmpegTool, options: SourceOptions): string[] {
  const { transport, decode, loop } = options;
  // On ffmpeg 4 RTSP's -timeout means: listen for so long.
  const rtspTimeout = isAtLeast(tool, [59, 0]) ? '-timeout' : '-stimeout';
  // Threads that decode frame by frame each hold one back: 6 times the latency with 16 of them.
  const live = ['-fflags', 'nobuffer', '-flags', 'low_delay', '-probesize', '500000', '-analyzeduration', '500000'];
  const byKind: Record<LiveSource['kind'], readonly string[]> = {
    rtsp: ['-rtsp_transport', transport, rtspTimeout, NETWORK_TIMEOUT_US, ...live],
    http: ['-rw_timeout', NETWORK_TIMEOUT_US, ...(isHls(source.input) ? ['-live_start_index', '-2'] : live)],
    rtmp: ['-rw_timeout', NETWORK_TIMEOUT_US, ...live],
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

/** The systems of ffmpeg's formats for cameras, and how a camera is named there. */
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
 * Checks that the cameras among the sources can be asked for a format.
 *
 * @throws `Failure` `OPTION_INVALID` for pictures that a codec has packed, on macOS, whose cameras give ffmpeg none.
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

/** True for what is no pixel format: the codecs of USB cameras, as ffmpeg names them. */
function isCodec(format: string): boolean {
  return ['mjpeg', 'h264', 'hevc'].includes(format);
}

/** How each of ffmpeg's formats for cameras takes the camera's own. */
function cameraFormatOption(format: string, cameraFormat: string): string {
  if (format === 'v4l2') return '-input_format';
  return format === 'dshow' && isCodec(cameraFormat) ? '-vcodec' : '-pixel_format';
}

function deviceOptions(format: string, { cameraFormat, cameraSize, cameraFps }: SourceOptions): readonly string[] {
  // ffmpeg asks macOS for 29.97 otherwise, which most cameras refuse.
  const rate = cameraFps ?? (format === 'avfoundation' ? 30 : undefined);
  return [
    ...['-f', format],
    ...(cameraFormat === undefined ? [] : [cameraFormatOption(format, cameraFormat), cameraFormat]),
    ...(rate === undefined ? [] : ['-framerate', String(rate)]),
    ...(cameraSize === undefined ? [] : ['-video_size', cameraSize]),
    // Room for some pictures as the camera gives them: by default there is too little for one of 1080p.
    ...(format === 'dshow' ? ['-rtbufsize', '64M'] : []),
    // No thread of a decoder keeps a picture back, where the camera gives H.264.
    ...['-fflags', 'nobuffer', '-flags', 'low_delay'],
  ];
}

function deviceFormat(input: string): string {
  return /^(v4l2|avfoundation|dshow):/i.exec(input)?.[1]?.toLowerCase() ?? 'v4l2';
}

function isHls(input: string): boolean {
  return /\.m3u8(?:$|[?#])/i.test(input);
}

function nameOf(input: string): string {
  const device = /^dshow:video=(.+)$/i.exec(input)?.[1];
  if (device !== undefined) return device;
  if (URL.canParse(input) && !/^[a-z]:[\\/]/i.test(input)) {
    const { hostname, pathname } = new URL(input);
    const last = pathname.split('/').filter(Boolean).at(-1);
    // Some cameras have parameters in the path, the password among them: `/user=admin_password=...`.
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
