import { Command } from 'commander';
import { checkChoice, checkNumber } from '../../model/check-option.js';
import type { Corruption } from '../../model/evaluation/corruptions.js';
import { addEngineOptions, type EngineOptions } from '../options/engine-options.js';
import { flagOf } from '../options/flag.js';
import { numeric } from '../options/numeric.js';
import { parseSize } from '../options/size.js';
import { type CommonOptions, printResult } from '../print-result.js';

interface Flags extends EngineOptions, CommonOptions {
  readonly images: string;
  readonly labels: string;
  readonly classes?: string;
  readonly size?: string;
  readonly batch: number | string;
  readonly corruption?: string;
  readonly picture?: string;
}

/** `segnet-stream evaluate`: scores a network on labelled pictures. */
export function createEvaluateCommand(): Command {
  const command = new Command('evaluate')
    .description(
      'Scores a network on pictures and their labels: global and class average accuracy, mean intersection over union and boundary F1, in per cent.',
    )
    .requiredOption('--images <folder>', 'the pictures')
    .requiredOption('--labels <folder>', 'their label images, under the same names')
    .option(
      '--classes <name|file>',
      "how the labels number the classes: a set's name, or a dataset.json (default: the known set that has the network's classes, else by index)",
    )
    .option('--size <WxH>', "the network's picture size (default: fitted inside the size of the weights, as run does)")
    .option('--batch <n>', 'pictures that the engine is given at once', numeric, 1)
    .option('--corruption <name>', 'spoil each picture first, as dashcams do: dark, jpeg, motion-blur, ...')
    .option('--picture <file>', 'draw the confusion matrix (.svg)');
  return addEngineOptions(command).addHelpText('after', EXAMPLES).action(evaluateAndReport);
}

const EXAMPLES = `
Examples:
  segnet-stream evaluate --images camvid/val --labels camvid/valannot
  segnet-stream evaluate --images camvid/val --labels camvid/valannot --weights runs/basic/best.safetensors --json
  segnet-stream evaluate --images camvid/val --labels camvid/valannot --corruption dark
  segnet-stream evaluate --images camvid/val --labels camvid/valannot --picture confusion.svg`;

async function evaluateAndReport(flags: Flags): Promise<void> {
  const batch = checkNumber('--batch', flags.batch, { min: 1, max: 256, integer: true });
  const size = flags.size === undefined ? undefined : parseSize('--size', flags.size);
  const [
    { evaluate },
    { corruptionNames },
    { hintAtClasses, readClassSet },
    { openEngine },
    { createProgress },
    { drawConfusion },
    { checkSvg, writeSvg },
    { untilStopped },
  ] = await Promise.all([
    import('../evaluate.js'),
    import('../../model/evaluation/corruptions.js'),
    import('../options/class-set.js'),
    import('../options/open-engine.js'),
    import('../progress.js'),
    import('../confusion-picture.js'),
    import('../write-svg.js'),
    import('../until-stopped.js'),
  ]);
  const corruption: Corruption | undefined =
    flags.corruption === undefined ? undefined : checkChoice('--corruption', flags.corruption, corruptionNames);
  const classSet = flags.classes === undefined ? undefined : await readClassSet(flags.classes);
  if (flags.picture !== undefined) await checkSvg('--picture', flags.picture);
  const engine = await openEngine(flags, flagOf);
  const progress = createProgress(process.stderr);
  try {
    const evaluation = await untilStopped(
      'The evaluation',
      (signal) => {
        progress.say(engine.description);
        return evaluate({
          engine,
          signal,
          batch,
          images: flags.images,
          labels: flags.labels,
          onProgress: (done, total) => progress.show('Scoring', 'pictures', done, total),
          ...(size !== undefined && { size }),
          ...(corruption !== undefined && { corruption }),
          ...(classSet !== undefined && { classSet }),
        });
      },
      progress.say,
    );
    progress.close();
    const { renderEvaluation } = await import('../render-evaluation.js');
    // Printed first, so that the scores are not lost if the picture cannot be written.
    printResult(flags, evaluation, renderEvaluation(evaluation));
    if (flags.picture !== undefined) await writeSvg(flags.picture, drawConfusion(evaluation));
  } catch (error) {
    throw hintAtClasses(error, flags.classes);
  } finally {
    progress.close();
    await engine.close();
  }
}
