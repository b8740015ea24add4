import { readFile } from 'node:fs/promises';
import { Failure } from '../../model/failure.js';
import type { ListenOptions } from '../options/listen-options.js';
import type { LiveServerOptions } from './live-server.js';

/**
 * Reads the token from its file, or returns the given one.
 *
 * @param nameOf Returns an option's name where it came from.
 * @throws `Failure` `OPTION_INVALID` where the file cannot be read.
 */
export async function readToken(
  { token, tokenFile }: Pick<ListenOptions, 'token' | 'tokenFile'>,
  nameOf: (option: string) => string,
): Promise<string | undefined> {
  if (tokenFile === undefined) return token;
  const text = await readNamed('OPTION_INVALID', nameOf('tokenFile'), tokenFile);
  return text.toString().trim();
}

/** Reads certificate and key; `nameOf` as in `readToken`. @throws `Failure` `TLS_INVALID` if one cannot be read. */
export async function readTls(
  { tlsCert, tlsKey }: Pick<ListenOptions, 'tlsCert' | 'tlsKey'>,
  nameOf: (option: string) => string,
): Promise<LiveServerOptions['tls']> {
  if (tlsCert === undefined || tlsKey === undefined) return undefined;
  return {
    cert: await readNamed('TLS_INVALID', nameOf('tlsCert'), tlsCert),
    key: await readNamed('TLS_INVALID', nameOf('tlsKey'), tlsKey),
  };
}

async function readNamed(code: string, name: string, path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code;
    throw new Failure(code, `Expected ${name} to be a readable file, got ${path} (${reason})`, { cause });
  }
}
