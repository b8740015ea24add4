import { existsSync } from 'node:fs';
import { DEFAULT_CONFIG_FILE, readConfigFile } from './config-file.js';
import { nameByOrigin, readEnvironment } from './environment-options.js';
import type { ServeOptions } from './serve-options.js';

/** The options on the command line. */
export type ServeFlags = Omit<ServeOptions, 'sources'> & { readonly config?: string; readonly json?: boolean };

/** The combined options, and where they came from. */
export interface GatheredOptions {
  readonly options: ServeOptions;
  /** Returns an option's name where it came from. */
  readonly nameOf: (option: string) => string;
}

/**
 * Combines the command line, the environment and the configuration file, in this order of precedence.
 *
 * @throws `Failure` as `readConfigFile`.
 */
export async function gatherOptions(
  sources: readonly string[],
  flags: ServeFlags,
  environment: NodeJS.ProcessEnv,
): Promise<GatheredOptions> {
  const { config, json, ...given } = flags;
  // Compose files and the like pass variables on that are empty.
  const named = config ?? (environment.SEGNET_STREAM_CONFIG || undefined);
  const path = named ?? (existsSync(DEFAULT_CONFIG_FILE) ? DEFAULT_CONFIG_FILE : undefined);
  const fromFile = path === undefined ? {} : await readConfigFile(path);
  const fromEnvironment = readEnvironment(environment);
  const own = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const options = [fromFile, fromEnvironment, own].reduce<ServeOptions>(layOver, { sources: [] });
  const nameOf = nameByOrigin(own, environment, { path, options: fromFile });
  return { options: sources.length > 0 ? { ...options, sources } : options, nameOf };
}

/** Merges options. `token` and `tokenFile` are one setting, so either of them overrides both. */
function layOver(below: ServeOptions, above: Partial<ServeOptions>): ServeOptions {
  if (above.token === undefined && above.tokenFile === undefined) return { ...below, ...above };
  const { token: _, tokenFile: __, ...rest } = below;
  return { ...rest, ...above };
}
