import type { Command } from 'commander';
import { checkChoice } from '../../../model/check-option.js';
import { collectList } from '../../options/list.js';
import { numeric } from '../../options/numeric.js';
import { parseSize } from '../../options/size.js';
import { type CommonOptions, printResult } from '../../print-result.js';
import { checkSvg, writeSvg } from '../../write-svg.js';
import { measured, type Numeric, subcommand, whole } from '../subcommand.js';

interface FrontierFlags extends CommonOptions {
  readonly images: string;
  readonly labels: string;
  readonly classes?: string;
  readonly sizes?: readonly string[];
  readonly precision?: string;
  readonly rounds?: Numeric;
  readonly threads?: Numeric;
  readonly picture?: string;
}

/** `segnet-stream benchmark frontier`. */
export function createFrontierCommand(): Command {
  return subcommand('frontier')
    .description('Sets what trained weights see beside what they cost: mIoU and milliseconds a frame.')
    .argument('<weights...>', 'safetensors files')
    .requiredOption('--images <folder>', 'the pictures to score on')
    .requiredOption('--labels <folder>', 'their label images, under the same names')
    .option(
      '--classes <name|file>',
      "how the labels number the classes: a set's name, or a dataset.json (default: the known set that has the weights' classes, else by index)",
    )
    .option('--sizes <WxH,...>', "the networks' picture sizes (default: that of each file)", collectList)
    .option('--precision <name>', 'float32 or int8 (default: int8 for calibrated weights where it is fast)')
    .option('--rounds <n>', 'timed frames of each (default: 20)', numeric)
    .option('--threads <n>', 'processor threads (default: what suits network and machine)', numeric)
    .option('--picture <file>', 'draw accuracy against time (.svg)')
    .addHelpText(
      'after',
      `
Examples:
  segnet-stream benchmark frontier runs/*/best.safetensors --images camvid/val --labels camvid/valannot
  segnet-stream benchmark frontier runs/lite/best.safetensors --images camvid/val --labels camvid/valannot \\
    --sizes 240x180,320x240,480x360 --picture frontier.svg`,
    )
    .action(async (weights: readonly string[], flags: FrontierFlags) => {
      const [
        { benchmarkFrontier, frontierChart },
        { hintAtClasses, readClassSet },
        { renderFrontier },
        { renderLineChart },
      ] = await Promise.all([
        import('./frontier.js'),
        import('../../options/class-set.js'),
        import('./render-frontier.js'),
        import('../charts/line-chart.js'),
      ]);
      const { images, labels, classes, sizes, precision, picture } = flags;
      const classSet = classes === undefined ? undefined : await readClassSet(classes);
      if (picture !== undefined) await checkSvg('--picture', picture);
      const result = await measured((common) =>
        benchmarkFrontier({
          weights,
          images,
          labels,
          classSet,
          sizes: sizes?.map((size) => parseSize('--sizes', size)),
          precision:
            precision === undefined ? undefined : checkChoice('--precision', precision, ['float32', 'int8'] as const),
          rounds: whole('--rounds', flags.rounds),
          threads: whole('--threads', flags.threads),
          ...common,
        }),
      ).catch((error: unknown) => {
        throw hintAtClasses(error, classes);
      });
      // Printed first, so that the results are not lost if the disk is full by now.
      printResult(flags, result, renderFrontier(result));
      if (picture !== undefined) await writeSvg(picture, renderLineChart(frontierChart(result)));
    });
}
