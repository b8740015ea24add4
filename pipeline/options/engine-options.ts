import type { Command } from 'commander';
import { optionInvalid } from '../../model/check-option.js';
import {
  checkEngineChoices,
  type EngineName,
  engineNames,
  type GoalName,
  type PrecisionName,
  type ProviderName,
  precisionNames,
  providerNames,
} from '../../model/engines/choices.js';
import { numeric } from './numeric.js';

/** The network, its weights, and where it computes. Shared by every command that segments. */
export interface EngineOptions {
  /** A network of `segnet-stream describe`. Defaults to the network of `weights`, otherwise to `segnet-lite`. */
  readonly network?: string | undefined;
  /** A safetensors file. Defaults to the packaged one for `network`. */
  readonly weights?: string | undefined;
  /** `auto` is the fastest that loads. @default 'auto' */
  readonly engine?: EngineName | undefined;
  /** Where the `onnx` engine computes. @default 'auto' */
  readonly provider?: ProviderName | undefined;
  /** `auto` is int8 on a CPU where it is faster and the weights are calibrated for it. @default 'auto' */
  readonly precision?: PrecisionName | undefined;
  /** Processor threads of the engine and, in `run`, of each ffmpeg. By default each chooses for this machine. */
  readonly threads?: number | undefined;
  /**
   * `latency` gives each picture as soon as possible, `throughput` the most pictures per second. Defaults to `throughput` in
   * `run` of videos, `latency` elsewhere.
   */
  readonly goal?: GoalName | undefined;
}

/** The options that configuration files and the environment may set. */
export const ENGINE_KEYS = ['network', 'weights', 'engine', 'provider', 'precision', 'threads'] as const;

/** The network that is used where neither `network` nor `weights` is given. */
export const defaultNetwork = 'segnet-lite';

/**
 * Adds the options of `EngineOptions` to a command.
 *
 * @param threadsOf What `--threads` refers to in the command.
 */
export function addEngineOptions(command: Command, threadsOf = 'the network'): Command {
  return command
    .option('--network <name>', `network, as \`segnet-stream describe\` lists them (default: ${defaultNetwork})`)
    .option('--weights <file>', 'safetensors file (default: the one that comes with the package for the network)')
    .option('--engine <name>', `${engineNames.join(', ')} (default: auto)`)
    .option('--provider <name>', `where onnx computes: ${providerNames.join(', ')} (default: auto)`)
    .option('--precision <name>', `${precisionNames.join(', ')} (default: auto)`)
    .option('--threads <n>', `processor threads of ${threadsOf} (default: what suits this machine)`, numeric);
}

/** Checks the options of `EngineOptions`. @throws `Failure` `OPTION_INVALID`. */
export function checkEngineOptions(options: EngineOptions, nameOf: (option: string) => string): EngineOptions {
  const { network, weights, engine = 'auto', provider = 'auto', precision = 'auto', threads, goal } = options;
  for (const [option, value] of Object.entries({ network, weights })) {
    if (value !== undefined && (typeof value !== 'string' || value === ''))
      throw optionInvalid(nameOf(option), 'a name', value);
  }
  checkEngineChoices(options, nameOf);
  return {
    ...(network !== undefined && { network }),
    ...(weights !== undefined && { weights }),
    engine,
    provider,
    precision,
    ...(goal !== undefined && { goal }),
    ...(threads !== undefined && { threads }),
  };
}
