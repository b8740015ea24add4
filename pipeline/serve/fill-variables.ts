import { Failure } from '../../model/failure.js';
import { redact } from '../../operators/redact.js';

/** The input of a source with its variables replaced, and their values. */
export interface FilledInput {
  readonly input: string;
  /** Both raw and URL-encoded. */
  readonly secrets: readonly string[];
}

/**
 * Replaces variables, and encodes characters of their values that are not allowed in their part of the URL, at which a password
 * would end or be shown, and `%`, since a password with `%41` is not one with `A`. RTMP addresses are not encoded, since ffmpeg
 * does not decode them.
 */
export function fillVariables(spec: string, environment: NodeJS.ProcessEnv): FilledInput {
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

/** Encodes spaces in a URL; file names may contain them. */
function withoutSpaces(input: string): string {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(input) ? input.replaceAll(/\s/g, encodeURIComponent) : input;
}
