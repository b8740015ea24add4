import { basename, extname } from 'node:path';
import { Failure } from '../../model/failure.js';
import { redact } from '../../operators/redact.js';
import { checkSystem } from './camera-device.js';
import { fillVariables } from './fill-variables.js';
import { unescaped } from './scrub.js';

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
  const parsed = specs.map((spec) => parseSource(spec, environment, platform));
  const taken = new Set<string>();
  for (const { given } of parsed) {
    if (given === undefined) continue;
    if (taken.has(given)) {
      throw new Failure('OPTION_INVALID', `Expected the names of sources to differ, got ${given} twice`);
    }
    taken.add(given);
  }
  return parsed.map(({ given, ...source }) => {
    const name = given ?? freeName(nameOf(source.shown), taken);
    taken.add(name);
    return { name, ...source };
  });
}

/** A source, and the name that it was given. */
type ParsedSource = Omit<LiveSource, 'name'> & { readonly given: string | undefined };

function parseSource(spec: string, environment: NodeJS.ProcessEnv, platform: NodeJS.Platform): ParsedSource {
  const [, given, rest = ''] =
    /^(?:([\p{L}\p{N}](?:[\p{L}\p{N} ._-]{0,62}[\p{L}\p{N}._-])?)\s*=\s*)?(.*)$/su.exec(spec) ?? [];
  const [, wrongName] = /^([^:]*?)\s*=\s*[a-z][a-z0-9+.-]*:\/\//i.exec(rest) ?? [];
  if (wrongName !== undefined) {
    throw new Failure(
      'OPTION_INVALID',
      `Expected the name of a source to be at most 64 letters, digits, spaces, '.', '_' and '-', got \`${wrongName}\``,
    );
  }
  const { input, secrets } = fillVariables(rest, environment);
  if (input === '') {
    throw new Failure('OPTION_INVALID', `Expected a source to be [NAME=]URL, a file or a camera, got \`${spec}\``);
  }
  const kind = kindOf(input);
  if (kind === 'device') checkSystem(input, platform);
  const shown = redact(input);
  checkPort(input, shown);
  return { given, input, shown, secrets, kind };
}

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

function kindOf(input: string): LiveSource['kind'] {
  if (/^rtsps?:/i.test(input)) return 'rtsp';
  if (/^https?:/i.test(input)) return 'http';
  if (/^rtmp[a-z]*:/i.test(input)) return 'rtmp';
  if (/^(?:v4l2|avfoundation|dshow):/i.test(input) || input.startsWith('/dev/')) return 'device';
  return /^(?:udp|srt|rtp|tcp|mmsh?):/i.test(input) ? 'network' : 'file';
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
