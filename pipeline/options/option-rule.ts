import { checkChoice, checkNumber, type NumberRange, optionInvalid } from './check.js';

/** One option, as every way of giving it needs to know it. */
export interface OptionRule {
  readonly kind: 'text' | 'number' | 'flag' | 'list';
  readonly help: string;
  /** Shown in the help in place of a value; `NAME` if absent. */
  readonly value?: string;
  readonly range?: NumberRange;
  readonly choices?: readonly string[];
  /** True for a secret, which the command line does not take. */
  readonly secret?: boolean;
}

/** Checks one option's value. @throws `Failure` `OPTION_INVALID`. */
export function checkOption(name: string, value: unknown, rule: OptionRule): void {
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
  }
}
