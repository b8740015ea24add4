import { existsSync } from 'node:fs';
import { flagOf } from '../options/flag.js';
import { DEFAULT_CONFIG_FILE, readConfigFile } from './config-file.js';
import { readEnvironment, variableOf } from './environment-options.js';
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
  const options = [fromFile, fromEnvironment, own].reduce<ServeOptions>(layOver, { sources: [] });
  return sources.length > 0 ? { ...options, sources } : options;
}

/** What an option is called where it came from: `--port`, or `SEGNET_STREAM_PORT`; what the file says is checked as it is read. */
export function nameByOrigin(flags: ServeFlags, environment: NodeJS.ProcessEnv): (option: string) => string {
  return (option) => {
    const isFlag = flags[option as keyof ServeFlags] !== undefined;
    return !isFlag && environment[variableOf(option)] ? variableOf(option) : flagOf(option);
  };
}

/** A token and a file with one are one setting: whoever gives either takes the other away. */
function layOver(below: ServeOptions, above: Partial<ServeOptions>): ServeOptions {
  if (above.token === undefined && above.tokenFile === undefined) return { ...below, ...above };
  const { token: _, tokenFile: __, ...rest } = below;
  return { ...rest, ...above };
}
