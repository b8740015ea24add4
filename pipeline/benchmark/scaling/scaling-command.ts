import type { Command } from 'commander';
import { checkChoice } from '../../../model/check-option.js';
import { networkNames } from '../../../model/networks/index.js';
import { collectList } from '../../options/list.js';
import { numeric } from '../../options/numeric.js';
import { type CommonOptions, printResult } from '../../print-result.js';
import { checkSvg, writeSvg } from '../../write-svg.js';
import { choices, measured, type Numeric, subcommand, whole } from '../subcommand.js';

interface ScalingFlags extends CommonOptions {
  readonly network?: string;
  readonly precision?: string;
  readonly axes?: readonly string[];
  readonly rounds?: Numeric;
  readonly threads?: Numeric;
  readonly clip?: string;
  readonly pictures?: string;
}

/** `segnet-stream benchmark scaling`. */
export function createScalingCommand(): Command {
  return subcommand('scaling')
    .description('Measures how the cost of a frame grows with its size, the batch, the streams and the viewers.')
    .option('--network <name>', 'network (default: segnet-lite)')
    .option('--precision <name>', 'float32 or int8 (default: float32)')
    .option('--axes <names>', 'of size, batch, streams, viewers (default: all)', collectList)
    .option('--rounds <n>', 'timed batches at each place (default: 10)', numeric)
    .option('--threads <n>', 'processor threads (default: one for each core)', numeric)
    .option('--clip <file>', 'where the frames are from (default: the sample clip)')
    .option('--pictures <folder>', 'draw each curve there (scaling-AXIS.svg)')
    .addHelpText(
      'after',
      `
Examples:
  segnet-stream benchmark scaling --pictures docs/figures
  segnet-stream benchmark scaling --network enet --precision int8 --axes size,batch --json`,
    )
    .action(async (flags: ScalingFlags) => {
      const [{ benchmarkScaling, chartOf, scalingAxes }, { renderScaling }, { renderLineChart }] = await Promise.all([
        import('./scaling.js'),
        import('./render-scaling.js'),
        import('../charts/line-chart.js'),
      ]);
      const { network = 'segnet-lite', precision = 'float32', clip, pictures } = flags;
      const pathOf = (axis: string) => `${pictures}/scaling-${axis}.svg`;
      if (pictures !== undefined) await checkSvg('--pictures', pathOf(scalingAxes[0]!));
      const result = await measured((common) =>
        benchmarkScaling({
          network: checkChoice('--network', network, networkNames),
          precision: checkChoice('--precision', precision, ['float32', 'int8'] as const),
          axes: choices('--axes', flags.axes, scalingAxes),
          rounds: whole('--rounds', flags.rounds),
          threads: whole('--threads', flags.threads),
          clip,
          ...common,
        }),
      );
      // Printed first, so that the results are not lost if the disk is full by now.
      printResult(flags, result, renderScaling(result));
      for (const curve of pictures === undefined ? [] : result.curves) {
        const chart = chartOf(curve, result);
        if (chart) await writeSvg(pathOf(curve.axis), renderLineChart(chart));
      }
    });
}
