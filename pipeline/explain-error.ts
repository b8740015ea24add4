import { existsSync } from 'node:fs';
import { CommanderError } from 'commander';
import { Failure } from '../model/failure.js';

/** How an error is reported to people and programs, and the exit status. */
export interface Explanation {
  readonly code: string;
  readonly message: string;
  /** 2 for an invalid command line or configuration, otherwise 1. */
  readonly exitStatus: number;
}

/** Commander's codes for usage errors, and the codes that are used here instead. */
const USAGE_CODES: Readonly<Record<string, string>> = {
  'commander.unknownOption': 'OPTION_UNKNOWN',
  'commander.unknownCommand': 'COMMAND_UNKNOWN',
  'commander.missingArgument': 'ARGUMENT_MISSING',
  'commander.optionMissingArgument': 'OPTION_INVALID',
  'commander.missingMandatoryOptionValue': 'OPTION_MISSING',
  'commander.excessArguments': 'ARGUMENT_UNEXPECTED',
  'commander.conflictingOption': 'OPTION_INVALID',
  'commander.invalidArgument': 'OPTION_INVALID',
};

/** Failures that the user has to correct in the command line or configuration. */
const WRONGLY_ASKED: ReadonlySet<string> = new Set(['OPTION_INVALID', 'CONFIG_INVALID', 'CONFIG_MISSING']);

/** Explains anything that was thrown, in one sentence with a code. */
export function explainError(error: unknown): Explanation {
  if (error instanceof CommanderError) {
    // `benchmark` without a subcommand, or `help` of an unknown command.
    if (error.code === 'commander.help') {
      const message = 'Expected the name of a command, one of those that --help lists';
      return { code: 'COMMAND_MISSING', message, exitStatus: 2 };
    }
    const message = error.message.replace(/^error: /, '').replace(/\n\((.*)\)$/, ' ($1)');
    const [, name = ''] = /^unknown option '(-[^']*)'/.exec(message) ?? [];
    const hint = existsSync(name) ? `; the file of that name is \`./${name}\`` : '';
    const capital = message.charAt(0).toUpperCase() + message.slice(1);
    return { code: USAGE_CODES[error.code] ?? 'USAGE', message: capital + hint, exitStatus: 2 };
  }
  if (error instanceof Failure) {
    return { code: error.code, message: error.message, exitStatus: WRONGLY_ASKED.has(error.code) ? 2 : 1 };
  }
  const { message = String(error) } = (error ?? {}) as Partial<Error>;
  return { code: 'UNEXPECTED', message: `Unexpected error: ${message}`, exitStatus: 1 };
}
