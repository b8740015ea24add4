import { didYouMean } from '../../model/did-you-mean.js';
import { ENGINE_KEYS } from '../options/engine-options.js';
import { flagOf } from '../options/flag.js';
import { collectList } from '../options/list.js';
import { numeric } from '../options/numeric.js';
import { SERVE_RULES, type ServeOptions } from './serve-options.js';

const PREFIX = 'SEGNET_STREAM_';
/** Variables that are read apart from the options. */
const OTHERS = ['sources', 'config', 'debug', 'peersPython'];

/**
 * Reads `serve`'s options from the environment: `SEGNET_STREAM_MAX_FPS` is `--max-fps`. `SEGNET_STREAM_SOURCES` has one source
 * per line, or several separated by spaces.
 */
export function readEnvironment(environment: NodeJS.ProcessEnv): Partial<ServeOptions> {
  const options: Record<string, unknown> = {};
  for (const [name, rule] of Object.entries(SERVE_RULES)) {
    const text = environment[variableOf(name)];
    // Kubernetes sets this variable to the address of a service called `segnet-stream`.
    if (text === undefined || text === '' || (name === 'port' && text.startsWith('tcp://'))) continue;
    switch (rule.kind) {
      case 'number':
        options[name] = numeric(text);
        break;
      case 'flag':
        options[name] = { true: true, 1: true, false: false, 0: false }[text.toLowerCase()] ?? text;
        break;
      case 'list':
        options[name] = collectList(text, undefined);
        break;
      case 'text':
      case 'parsed':
        options[name] = text;
    }
  }
  for (const name of ENGINE_KEYS) {
    const text = environment[variableOf(name)];
    if (text) options[name] = name === 'threads' ? numeric(text) : text;
  }
  const sources = environment.SEGNET_STREAM_SOURCES?.trim();
  if (sources) options.sources = sources.split(sources.includes('\n') ? /\s*\n\s*/ : /\s+/);
  return options;
}

/** `maxFps` is `SEGNET_STREAM_MAX_FPS`. */
export function variableOf(option: string): string {
  return `${PREFIX}${option.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

/** Returns the function that names an option where it came from: `--port`, `SEGNET_STREAM_PORT` or `port in segnet-stream.yaml`. */
export function nameByOrigin(
  flags: { readonly [option: string]: unknown },
  environment: NodeJS.ProcessEnv,
  file?: { readonly path: string | undefined; readonly options: object },
): (option: string) => string {
  return (option) => {
    if (flags[option] !== undefined) return flagOf(option);
    if (environment[variableOf(option)]) return variableOf(option);
    return file !== undefined && Object.hasOwn(file.options, option) ? `${option} in ${file.path}` : flagOf(option);
  };
}

/**
 * Returns a warning for each variable that looks like an option but is unknown, except those that Kubernetes sets for a service
 * called `segnet-stream`.
 */
export function describeUnknownVariables(environment: NodeJS.ProcessEnv): string[] {
  const known = [...Object.keys(SERVE_RULES), ...ENGINE_KEYS, ...OTHERS].map(variableOf);
  return Object.keys(environment)
    .filter((name) => name.startsWith(PREFIX) && !known.includes(name) && !/_SERVICE_|_PORT_\d+_/.test(name))
    .map((name) => `${name} is no option and does nothing${didYouMean(name, known)}`);
}
