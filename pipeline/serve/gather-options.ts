import { existsSync } from 'node:fs';
import { DEFAULT_CONFIG_FILE, readConfigFile } from './config-file.js';
import { nameByOrigin, readEnvironment } from './environment-options.js';
import type { ServeOptions } from './serve-options.js';

/** What the command line gives. */
export type ServeFlags = Omit<ServeOptions, 'sources'> & { readonly config?: string; readonly json?: boolean };

/** What was said, and where. */
export interface GatheredOptions {
  readonly options: ServeOptions;
  /** What an option is called where it came from. */
  readonly nameOf: (option: string) => string;
}

/**
 * Puts together what the command line, the environment and the file say; the first to say it wins.
 *
 * @throws `Failure` as `readConfigFile`.
 */
export async function gatherOptions(
  sources: readonly string[],
  flags: ServeFlags,
  environment: NodeJS.ProcessEnv,
): Promise<GatheredOptions> {
  const { config, json, ...given } = flags;
  const path =
    config ?? environment.SEGNET_STREAM_CONFIG ?? (existsSync(DEFAULT_CONFIG_FILE) ? DEFAULT_CONFIG_FILE : undefined);
  const fromFile = path === undefined ? {} : await readConfigFile(path);
  const fromEnvironment = readEnvironment(environment);
  const own = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const options = [fromFile, fromEnvironment, own].reduce<ServeOptions>(layOver, { sources: [] });
  const nameOf = nameByOrigin(own, environment, { path, options: fromFile });
  return { options: sources.length > 0 ? { ...options, sources } : options, nameOf };
}

/** A token and a file with one are one setting: whoever gives either takes the other away. */
function layOver(below: ServeOptions, above: Partial<ServeOptions>): ServeOptions {
  if (above.token === undefined && above.tokenFile === undefined) return { ...below, ...above };
  const { token: _, tokenFile: __, ...rest } = below;
  return { ...rest, ...above };
}
