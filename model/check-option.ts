import { inspect } from 'node:util';
import { didYouMean } from './did-you-mean.js';
import { Failure } from './failure.js';

/** No machine has more: a larger number is a mistake. */
export const MOST_THREADS = 1024;

/** The numbers that an option accepts. */
export interface NumberRange {
  /** By default there is no lower bound. */
  readonly min?: number;
  /** By default there is no upper bound. */
  readonly max?: number;
  /** Accepts only whole numbers. @default false */
  readonly integer?: boolean;
}

/**
 * The failure for every wrong option: `Expected --opacity to be a number from 0 to 1, got \`x\``.
 *
 * @param name The option as its user knows it: `--opacity` on the command line, `opacity` in a program.
 * @param known Valid names, one of which may have been meant.
 */
export function optionInvalid(name: string, expected: string, value: unknown, known: readonly string[] = []): Failure {
  // Only strings that look like a number or a boolean are quoted.
  const isBare =
    typeof value === 'string' && !(value.trim() !== '' && /^(?:true|false|[-+.\d]*\d[.\deE]*)$/.test(value));
  const got = isBare ? value : shown(value);
  return new Failure('OPTION_INVALID', `Expected ${name} to be ${expected}, got \`${got}\`${didYouMean(got, known)}`);
}

function shown(value: unknown): string {
  return typeof value === 'string'
    ? JSON.stringify(value)
    : inspect(value, { depth: 1, breakLength: Number.POSITIVE_INFINITY });
}

/** Returns the value if it is a number in the range. @throws `Failure` `OPTION_INVALID`. */
export function checkNumber(name: string, value: unknown, range: NumberRange): number {
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY, integer = false } = range;
  const fits = typeof value === 'number' && value >= min && value <= max && (!integer || Number.isInteger(value));
  if (!fits) throw optionInvalid(name, describeRange(range), value);
  return value;
}

function describeRange({ min, max, integer = false }: NumberRange): string {
  const kind = integer ? 'a whole number' : 'a number';
  if (min !== undefined && max !== undefined) return `${kind} from ${min} to ${max}`;
  if (min !== undefined) return `${kind} of at least ${min}`;
  return max === undefined ? kind : `${kind} of at most ${max}`;
}

/** Returns the value if it is one of the choices. @throws `Failure` `OPTION_INVALID`, listing them. */
export function checkChoice<Choice extends string>(name: string, value: unknown, choices: readonly Choice[]): Choice {
  if ((choices as readonly unknown[]).includes(value)) return value as Choice;
  throw optionInvalid(name, listChoices(choices), value, choices);
}

/** Checks the extension of a file before it is written, since writing replaces any file of that name. @throws `Failure` `OPTION_INVALID`. */
export function checkEnding(name: string, path: string, ending: string): void {
  if (!path.toLowerCase().endsWith(ending)) throw optionInvalid(name, `the name of a ${ending} file`, path);
}

/** `a`, `a or b`, `a, b or c`. */
export function listChoices(choices: readonly string[]): string {
  const [last, ...others] = [...choices].reverse();
  return others.length === 0 ? `${last}` : `${others.reverse().join(', ')} or ${last}`;
}
