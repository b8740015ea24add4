import type { Command } from 'commander';
import { checkChoice, checkNumber, type NumberRange, optionInvalid } from '../../model/check-option.js';
import { flagOf } from './flag.js';
import { collectList } from './list.js';
import { numeric } from './numeric.js';

/** The rules of one option, for the command line, configuration files, the environment and programs. */
export interface OptionRule {
  /** `parsed` is a string, or a value given by a program, which a separate parser checks. */
  readonly kind: 'text' | 'number' | 'flag' | 'list' | 'parsed';
  readonly help: string;
  /** Shown in the help in place of a value. */
  readonly value?: string;
  readonly range?: NumberRange;
  readonly choices?: readonly string[];
  /** True for a secret, which the command line does not accept. */
  readonly secret?: boolean;
  /** A one-letter alias on the command line. */
  readonly letter?: string;
  /** Parses the text on the command line; `previous` is what it gave before, where the option is repeated. Defaults to the parser of its kind. */
  readonly parse?: (text: string, previous: string | undefined) => string;
  /** The help of `--no-NAME`, for a flag that is set by default. */
  readonly no?: string;
}

/** The rules of options, in the order of the help. */
export type OptionRules<Option extends string = string> = Readonly<Record<Option, OptionRule>>;

/** Adds options to a command, without secret ones, since all users of a machine can read command lines. */
export function addOptions(command: Command, rules: OptionRules): Command {
  for (const [name, { kind, help, value, secret, letter, no, parse }] of Object.entries(rules)) {
    if (secret) continue;
    const flag = `${letter === undefined ? '' : `-${letter}, `}${flagOf(name)}`;
    if (kind === 'flag') command.option(flag, help);
    else if (kind === 'list') command.option(`${flag} <${value}>`, help, collectList);
    else if (kind === 'number') command.option(`${flag} <${value}>`, help, numeric);
    else if (parse) command.option(`${flag} <${value}>`, help, parse);
    else command.option(`${flag} <${value}>`, help);
    if (no !== undefined) command.option(flagOf(name).replace('--', '--no-'), no);
  }
  return command;
}

/**
 * Checks the options that are given.
 *
 * @param nameOf Returns an option's name where it came from: `maxFps`, `--max-fps`.
 * @throws `Failure` `OPTION_INVALID`.
 */
export function checkByRules<Option extends string>(
  options: { readonly [Each in Option]?: unknown },
  rules: OptionRules<Option>,
  nameOf: (option: string) => string,
): void {
  for (const [name, rule] of Object.entries<OptionRule>(rules)) {
    const value = options[name as Option];
    if (value !== undefined) checkByRule(nameOf(name), value, rule);
  }
}

/** Checks one option's value. @throws `Failure` `OPTION_INVALID`. */
export function checkByRule(name: string, value: unknown, rule: OptionRule): void {
  switch (rule.kind) {
    case 'number':
      checkNumber(name, value, rule.range ?? {});
      return;
    case 'flag':
      if (typeof value !== 'boolean') throw optionInvalid(name, 'true or false', value);
      return;
    case 'list':
      if (!Array.isArray(value) || !value.every((entry) => typeof entry === 'string'))
        throw optionInvalid(name, 'a list of texts', value);
      return;
    case 'text':
      if (rule.choices) checkChoice(name, value, rule.choices);
      else if (typeof value !== 'string' || value === '')
        throw optionInvalid(name, 'a text', rule.secret ? '***' : value);
      return;
    case 'parsed':
  }
}

/** Options of which those in `Filled` are always present. */
export type Completed<Options, Filled extends keyof Options> = Omit<Options, Filled> & {
  readonly [Each in Filled]-?: NonNullable<Options[Each]>;
};

/** Fills in defaults for options that are absent or undefined. */
export function complete<Options extends object, Filled extends keyof Options>(
  options: Options,
  defaults: { readonly [Each in Filled]: NonNullable<Options[Each]> },
): Completed<Options, Filled> {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return { ...defaults, ...Object.fromEntries(given) } as Completed<Options, Filled>;
}

/** Picks the given options that the rules are about. */
export function pickByRules<Option extends string, Options extends { readonly [Each in Option]?: unknown }>(
  options: Options,
  rules: OptionRules<Option>,
): Pick<Options, Option> {
  const names = (Object.keys(rules) as Option[]).filter((name) => options[name] !== undefined);
  return Object.fromEntries(names.map((name) => [name, options[name]])) as Pick<Options, Option>;
}
