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

/** Which network computes, with which weights, where. Shared by every command that segments. */
export interface EngineOptions {
  /** A network of `segnet-stream describe`. Defaults to the network of `weights`, else `segnet-lite`. */
  readonly network?: string | undefined;
  /** A safetensors file. Defaults to the one that comes with the package for `network`. */
  readonly weights?: string | undefined;
  /** Defaults to `auto`, the fastest that loads. */
  readonly engine?: EngineName | undefined;
  /** Where the `onnx` engine computes. @default 'auto' */
  readonly provider?: ProviderName | undefined;
  /** Defaults to `auto`, int8 on a CPU where the weights are calibrated for it. */
  readonly precision?: PrecisionName | undefined;
  /** Processor threads of the engine, and in `run` of each ffmpeg. If not provided, each chooses for this machine. */
  readonly threads?: number | undefined;
  /**
   * What the engine is for: each picture as soon as can be, or as many as can be, several at a time. If not provided, defaults to:
   * `throughput` in `run` of videos, `latency` elsewhere.
   */
  readonly goal?: GoalName | undefined;
}

/** Those that configuration files and the environment know. */
export const ENGINE_KEYS = ['network', 'weights', 'engine', 'provider', 'precision', 'threads'] as const;

/** The network that is used where neither `network` nor `weights` says another. */
export const defaultNetwork = 'segnet-lite';

/**
 * Adds the options of `EngineOptions` to a command.
 *
 * @param threadsOf What `--threads` counts there.
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
