import type { Command } from 'commander';
import { networkNames } from '../../../model/networks/index.js';
import { collectList } from '../../options/list.js';
import { numeric } from '../../options/numeric.js';
import { parseSize } from '../../options/size.js';
import { type CommonOptions, printResult } from '../../print-result.js';
import { choices, measured, type Numeric, subcommand, whole } from '../subcommand.js';

interface TrainingFlags extends CommonOptions {
  readonly networks?: readonly string[];
  readonly size?: string;
  readonly batch?: Numeric;
  readonly rounds?: Numeric;
  readonly threads?: Numeric;
  readonly peers: boolean;
}

/** `segnet-stream benchmark training`. */
export function createTrainingCommand(): Command {
  return subcommand('training')
    .description('Times training steps on TensorFlow and, where it is installed, on PyTorch, a step each in turn.')
    .option('--networks <names>', 'networks (default: segnet-lite, segnet-basic)', collectList)
    .option('--size <WxH>', 'size of the crops (default: 240x180)')
    .option('--batch <n>', 'pictures a step (default: 8)', numeric)
    .option('--rounds <n>', 'timed steps of each (default: 10)', numeric)
    .option('--threads <n>', 'processor threads (default: one for each core)', numeric)
    .option('--no-peers', 'without PyTorch')
    .addHelpText(
      'after',
      `
Needs TensorFlow (npm run setup:tensorflow).

Examples:
  segnet-stream benchmark training
  segnet-stream benchmark training --networks enet --size 384x288 --json`,
    )
    .action(async (flags: TrainingFlags) => {
      const [{ benchmarkTraining }, { renderTraining }] = await Promise.all([
        import('./training.js'),
        import('./render-training.js'),
      ]);
      const result = await measured((common) =>
        benchmarkTraining({
          networks: choices('--networks', flags.networks, networkNames) ?? ['segnet-lite', 'segnet-basic'],
          size: flags.size === undefined ? undefined : parseSize('--size', flags.size),
          batch: whole('--batch', flags.batch),
          rounds: whole('--rounds', flags.rounds),
          threads: whole('--threads', flags.threads),
          peers: flags.peers,
          ...common,
        }),
      );
      printResult(flags, result, renderTraining(result));
    });
}
