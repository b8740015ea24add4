import { readFile } from 'node:fs/promises';
import { Failure } from '../../model/failure.js';
import type { LiveServerOptions } from './live-server.js';
import type { ServeOptions } from './serve-options.js';

/** Reads the token from its file, or takes the one given. @throws `Failure` `OPTION_INVALID` where the file cannot be read. */
export async function readToken({
  token,
  tokenFile,
}: Pick<ServeOptions, 'token' | 'tokenFile'>): Promise<string | undefined> {
  if (tokenFile === undefined) return token;
  const text = await readNamed('OPTION_INVALID', '--token-file', tokenFile);
  return text.toString().trim();
}

/** Reads certificate and key. @throws `Failure` `TLS_INVALID` where one cannot be read. */
export async function readTls({
  tlsCert,
  tlsKey,
}: Pick<ServeOptions, 'tlsCert' | 'tlsKey'>): Promise<LiveServerOptions['tls']> {
  if (tlsCert === undefined || tlsKey === undefined) return undefined;
  return {
    cert: await readNamed('TLS_INVALID', '--tls-cert', tlsCert),
    key: await readNamed('TLS_INVALID', '--tls-key', tlsKey),
  };
}

async function readNamed(code: string, flag: string, path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code;
    throw new Failure(code, `Expected ${flag} to be a readable file, got ${path} (${reason})`, { cause });
  }
}
