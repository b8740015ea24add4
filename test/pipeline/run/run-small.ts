import type { RunSummary } from '../../../pipeline/run/summary.js';
import { runCli } from '../built-cli.js';

/** Runs `segnet-stream run` with small weights on one thread, and gives the summary that `--json` prints. */
export async function runSmall(
  weights: string,
  args: readonly string[],
): Promise<RunSummary & { readonly status: number | null }> {
  const { stdout, status } = await runCli(['run', '--json', '--weights', weights, '--threads', '1', ...args]);
  return { ...JSON.parse(stdout), status };
}
