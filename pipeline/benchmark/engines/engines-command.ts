import type { Command } from 'commander';
import { networkNames } from '../../../model/networks/index.js';
import { collectList } from '../../options/list.js';
import { numeric } from '../../options/numeric.js';
import { parseSize } from '../../options/size.js';
import { type CommonOptions, printResult } from '../../print-result.js';
import { checkSvg, writeSvg } from '../../write-svg.js';
import { choices, measured, type Numeric, subcommand, whole } from '../subcommand.js';

interface EnginesFlags extends CommonOptions {
  readonly networks?: readonly string[];
  readonly engines?: readonly string[];
  readonly precisions?: readonly string[];
  readonly batches?: readonly string[];
  readonly size?: string;
  readonly threads?: Numeric;
  readonly rounds?: Numeric;
  readonly warmUps?: Numeric;
  readonly peers?: readonly string[];
  readonly clip?: string;
  readonly picture?: string;
}

/** `segnet-stream benchmark engines`. */
export function createEnginesCommand(): Command {
  return subcommand('engines')
    .description(
      'Times networks on engines in batches that take turns; masks are compared with the first engine’s before anything is timed.',
    )
    .option('--networks <names>', `of ${networkNames.join(', ')}`, collectList)
    .option('--engines <names>', 'onnx, tensorflow (default: onnx)', collectList)
    .option('--precisions <names>', 'float32, int8 (default: both)', collectList)
    .option('--batches <sizes>', 'frames at once (default: 1)', collectList)
    .option('--size <WxH>', 'picture size (default: 480x360)')
    .option('--threads <n>', 'processor threads of each (default: one for each core)', numeric)
    .option('--rounds <n>', 'timed batches of each (default: 20)', numeric)
    .option('--warm-ups <n>', 'batches before that (default: 3)', numeric)
    .option(
      '--peers <names>',
      'none, or of onnxruntime, openvino, pytorch, opencv (default: all installed)',
      collectList,
    )
    .option('--clip <file>', 'where the frames are from (default: the sample clip)')
    .option('--picture <file>', 'draw the medians as bars (.svg)')
    .addHelpText(
      'after',
      `
Examples:
  segnet-stream benchmark engines
  segnet-stream benchmark engines --networks segnet-basic,segnet --size 480x352 --rounds 30 --picture engines.svg
  segnet-stream benchmark engines --engines onnx,tensorflow --precisions float32 --peers none --json`,
    )
    .action(async (flags: EnginesFlags) => {
      const [{ benchmarkEngines }, { peerNames }, { engineChart, renderEngines }, { renderBarChart }] =
        await Promise.all([
          import('./engines.js'),
          import('../peers.js'),
          import('./render-engines.js'),
          import('../charts/bar-chart.js'),
        ]);
      const { networks, engines, precisions, batches, size, peers, clip, picture } = flags;
      if (picture !== undefined) await checkSvg('--picture', picture);
      const result = await measured((common) =>
        benchmarkEngines({
          networks: choices('--networks', networks, networkNames) ?? ['segnet-basic'],
          engines: choices('--engines', engines, ['onnx', 'tensorflow'] as const),
          precisions: choices('--precisions', precisions, ['float32', 'int8'] as const),
          batches: batches?.map((text) => whole('--batches', numeric(text))!),
          size: size === undefined ? undefined : parseSize('--size', size),
          threads: whole('--threads', flags.threads),
          rounds: whole('--rounds', flags.rounds),
          warmUps: whole('--warm-ups', flags.warmUps),
          peers: peers?.join() === 'none' ? [] : choices('--peers', peers, peerNames),
          clip,
          ...common,
        }),
      );
      // Printed first, so that the results are not lost if the disk is full by now.
      printResult(flags, result, renderEngines(result));
      if (picture !== undefined) await writeSvg(picture, renderBarChart(engineChart(result)));
    });
}
