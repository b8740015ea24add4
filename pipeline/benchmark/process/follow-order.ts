/**
 * Does the work ordered by the only argument, which is JSON, and prints a report as JSON. An error gives a line on standard
 * error and exit status 1. The counterpart of `measureProgram`.
 */
export async function followOrder<Order>(work: (order: Order) => Promise<object>): Promise<void> {
  try {
    process.stdout.write(JSON.stringify(await work(JSON.parse(process.argv.at(-1)!) as Order)));
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}
