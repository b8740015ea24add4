import { printable } from './wording.js';

/** The options of every command, which `cli.ts` adds. */
export interface CommonOptions {
  /** Prints one JSON document on standard output at the end, and nothing else there. */
  readonly json?: boolean;
  /** Prints stack traces of errors. */
  readonly verbose?: boolean;
}

let hasPrinted = false;

/** True once standard output has its document. Later errors are reported only on standard error. */
export function isResultPrinted(): boolean {
  return hasPrinted;
}

/** Writes a command's result to standard output: all of it as JSON with `--json`, otherwise a text for people. */
export function printResult(options: CommonOptions, result: unknown, text: string): void {
  hasPrinted = true;
  process.stdout.write(options.json ? `${JSON.stringify(result, null, 2)}\n` : `${printable(text)}\n`);
}
