import { existsSync } from 'node:fs';
import { DEFAULT_CONFIG_FILE, readConfigFile } from './config-file.js';
import { readEnvironment } from './environment-options.js';
import type { ServeOptions } from './serve-options.js';

/** What the command line gives. */
export type ServeFlags = Omit<ServeOptions, 'sources'> & { readonly config?: string; readonly json?: boolean };

/**
 * Puts together what the command line, the environment and the file say; the first to say it wins.
 *
 * @throws `Failure` as `readConfigFile`.
 */
export async function gatherOptions(
  sources: readonly string[],
  flags: ServeFlags,
  environment: NodeJS.ProcessEnv,
): Promise<ServeOptions> {
  const { config, json, ...given } = flags;
  const path =
    config ?? environment.SEGNET_STREAM_CONFIG ?? (existsSync(DEFAULT_CONFIG_FILE) ? DEFAULT_CONFIG_FILE : undefined);
  const fromFile = path === undefined ? {} : await readConfigFile(path);
  const fromEnvironment = readEnvironment(environment);
  const own = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const layers: readonly Partial<ServeOptions>[] = [fromFile, fromEnvironment, own];
  // A token and a file with one are one setting: the layer above has it.
  const options = layers.reduce<ServeOptions>(
    ({ token, tokenFile, ...rest }, layer) => {
      const isSaid = layer.token !== undefined || layer.tokenFile !== undefined;
      const before = { ...(token !== undefined && { token }), ...(tokenFile !== undefined && { tokenFile }) };
      return { ...rest, ...(isSaid ? {} : before), ...layer };
    },
    { sources: [] },
  );
  return sources.length > 0 ? { ...options, sources } : options;
}
