import { Command } from 'commander';
import { checkChoice, checkNumber } from '../../model/check-option.js';
import { untilStopped } from '../until-stopped.js';
import type { BenchmarkOptions } from './benchmark-options.js';

/** Creates a subcommand, with the program's settings, which commander applies only to the first level. */
export function subcommand(name: string): Command {
  return new Command(name)
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .option('--json', 'print one JSON document on standard output at the end, and nothing else there')
    .option('--verbose', 'print stack traces of errors');
}

/** The result of `numeric`. */
export type Numeric = number | string;

/** Measures with progress on standard error. Ctrl-C stops it and ends everything that it started. */
export function measured<Result>(measure: (options: BenchmarkOptions) => Promise<Result>): Promise<Result> {
  const onProgress = (text: string) => process.stderr.write(`${text}\n`);
  return untilStopped('The benchmark', (signal) => measure({ signal, onProgress }));
}

/** Checks that an option is an integer of at least 1, if given. @throws `Failure` `OPTION_INVALID`. */
export function whole(name: string, value: Numeric | undefined): number | undefined {
  return value === undefined ? undefined : checkNumber(name, value, { min: 1, max: 1_000_000, integer: true });
}

/** Checks that each of several values is one of the choices. @throws `Failure` `OPTION_INVALID`. */
export function choices<Choice extends string>(
  name: string,
  values: readonly string[] | undefined,
  known: readonly Choice[],
): readonly Choice[] | undefined {
  return values?.map((value) => checkChoice(name, value, known));
}
