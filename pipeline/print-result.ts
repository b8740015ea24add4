/** What every command takes: `cli.ts` adds these two. */
export interface CommonOptions {
  /** One JSON document on standard output at the end, nothing else there. */
  readonly json?: boolean;
  /** Stack traces of errors. */
  readonly verbose?: boolean;
}

let hasPrinted = false;

/** Whether standard output has its document already: what goes wrong afterwards is told of on standard error alone. */
export function isResultPrinted(): boolean {
  return hasPrinted;
}

/** Writes a command's result to standard output: the whole of it as JSON with `--json`, else a text for people. */
export function printResult(options: CommonOptions, result: unknown, text: string): void {
  hasPrinted = true;
  process.stdout.write(options.json ? `${JSON.stringify(result, null, 2)}\n` : `${text}\n`);
}
