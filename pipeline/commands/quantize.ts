import { Command } from 'commander';
import { type Calibration, calibrationOf } from '../../model/calibration.js';
import { checkEnding, checkNumber } from '../../model/check-option.js';
import type { Measured, Trial } from '../../model/quantisation/quantise-weights.js';
import { numeric } from '../options/numeric.js';
import { type CommonOptions, printResult } from '../print-result.js';
import { count } from '../wording.js';

interface Flags extends CommonOptions {
  readonly calibrate: string;
  readonly labels?: string;
  readonly classes?: string;
  readonly output?: string;
  readonly pictures: number | string;
}

/** `segnet-stream quantize`: calibrates weights for int8. */
export function createQuantizeCommand(): Command {
  return new Command('quantize')
    .description(
      'Calibrates weights for int8 on pictures or a video: the ranges go into the card of the file, which stays one file for both precisions.',
    )
    .argument('<weights>', 'safetensors file')
    .requiredOption('--calibrate <folder|video>', 'pictures of what the network is for')
    .option(
      '--labels <folder>',
      'their labels: int8 is then judged by mIoU, else by the pixels that agree with float32',
    )
    .option(
      '--classes <name|file>',
      "how the labels number the classes: a set's name, or a dataset.json (default: the known set that has the weights' classes, else by index)",
    )
    .option('--pictures <n>', 'how many to calibrate with', numeric, 32)
    .option('-o, --output <file>', 'write a copy in place of changing the file')
    .addHelpText('after', EXAMPLES)
    .action(async (weights: string, flags: Flags) => {
      const pictures = checkNumber('--pictures', flags.pictures, { min: 1, max: 1000, integer: true });
      const { calibrate, labels, output } = flags;
      if (output !== undefined) checkEnding('--output', output, '.safetensors');
      const [{ quantize }, { hintAtClasses, readClassSet }, { untilStopped }] = await Promise.all([
        import('../quantize.js'),
        import('../options/class-set.js'),
        import('../until-stopped.js'),
      ]);
      const classSet = flags.classes === undefined ? undefined : await readClassSet(flags.classes);
      const result = await untilStopped('The calibration', (signal) =>
        quantize({
          weights,
          calibrate,
          pictures,
          ...(labels !== undefined && { labels }),
          ...(classSet !== undefined && { classSet }),
          ...(output !== undefined && { output }),
          onTrial: (trial, number, most) =>
            process.stderr.write(`trial ${number} of at most ${most}: ${describeTrial(trial)}\n`),
          signal,
        }),
      ).catch((error: unknown) => {
        throw hintAtClasses(error, flags.classes);
      });
      for (const warning of result.warnings) process.stderr.write(`${warning}\n`);
      const { path, card, measured, warnings } = result;
      const calibration = calibrationOf(card)!;
      printResult(flags, { path, calibration, warnings }, describeCalibration(path, calibration, measured));
    });
}

const EXAMPLES = `
Examples:
  segnet-stream quantize runs/basic/best.safetensors --calibrate camvid/train --labels camvid/trainannot
  segnet-stream quantize mine.safetensors --calibrate dashcam.mp4 -o mine-int8.safetensors`;

function describeCalibration(path: string, { method, float }: Calibration, measured: Measured): string {
  const { pictures, agreement, mIoU, float32MIoU } = measured;
  const kept = float.length === 0 ? 'all layers in int8' : `${float.join(', ')} in float32, all other layers in int8`;
  const score = mIoU === undefined ? '' : `; mIoU ${mIoU.toFixed(1)}, in float32 ${float32MIoU!.toFixed(1)}`;
  return `Calibrated ${path}: ${method}, ${kept}\nOn ${count(pictures, 'picture')}: ${agreement.toFixed(2)} % of pixels as in float32${score}`;
}

function describeTrial({ method, float, agreement, mIoU }: Trial): string {
  const kept = float.length === 0 ? '' : `, ${float.join(', ')} in float32`;
  const score = mIoU === undefined ? '' : `, mIoU ${mIoU.toFixed(1)}`;
  return `${method}${kept}: ${agreement.toFixed(2)} % of pixels as in float32${score}`;
}
