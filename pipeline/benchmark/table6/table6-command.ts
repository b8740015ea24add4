import type { Command } from 'commander';
import { networkNames } from '../../../model/networks/index.js';
import { collectList } from '../../options/list.js';
import { numeric } from '../../options/numeric.js';
import { parseSize } from '../../options/size.js';
import { type CommonOptions, printResult } from '../../print-result.js';
import { choices, measured, type Numeric, subcommand, whole } from '../subcommand.js';

interface Table6Flags extends CommonOptions {
  readonly networks?: readonly string[];
  readonly size?: string;
  readonly rounds?: Numeric;
  readonly threads?: Numeric;
  readonly training: boolean;
}

/** `segnet-stream benchmark table6`. */
export function createTable6Command(): Command {
  return subcommand('table6')
    .description(
      'Measures forward, backward, training memory, inference memory and model size beside the columns of the paper’s Table 6.',
    )
    .option('--networks <names>', "networks (default: the table's)", collectList)
    .option('--size <WxH>', "picture size (default: 480x360, the paper's)")
    .option('--rounds <n>', "timed runs of each (default: 10, the paper's)", numeric)
    .option('--threads <n>', 'processor threads (default: one for each core)', numeric)
    .option('--no-training', 'leave out training, which takes minutes and gigabytes')
    .addHelpText(
      'after',
      `
Training needs TensorFlow (npm run setup:tensorflow).

Examples:
  segnet-stream benchmark table6
  segnet-stream benchmark table6 --networks segnet --no-training --json`,
    )
    .action(async (flags: Table6Flags) => {
      const [{ benchmarkTable6 }, { renderTable6 }] = await Promise.all([
        import('./table6.js'),
        import('./render-table6.js'),
      ]);
      const result = await measured((common) =>
        benchmarkTable6({
          networks: choices('--networks', flags.networks, networkNames),
          size: flags.size === undefined ? undefined : parseSize('--size', flags.size),
          rounds: whole('--rounds', flags.rounds),
          threads: whole('--threads', flags.threads),
          training: flags.training,
          ...common,
        }),
      );
      printResult(flags, result, renderTable6(result));
    });
}
