import { SingleBar } from 'cli-progress';
import { Command } from 'commander';
import { checkChoice, checkNumber } from '../../model/check-option.js';
import { Failure } from '../../model/failure.js';
import { networkNames } from '../../model/networks/index.js';
import { recipes } from '../../model/training/recipe.js';
import type { TrainResult } from '../../model/training/train.js';
import type { TrainingEvent } from '../../model/training/training-event.js';
import { collectList } from '../options/list.js';
import { numeric } from '../options/numeric.js';
import { parseSize } from '../options/size.js';
import { formatTime } from '../options/time.js';
import { count } from '../run/summary.js';
import type { TrainingOptions } from '../train.js';
import { createCounter } from './count-progress.js';
import { type CommonOptions, printResult } from './print-result.js';

type Flags = Omit<TrainingOptions, 'crop' | 'scales' | 'inputSize'> &
  CommonOptions & { readonly crop?: string; readonly scales?: string; readonly inputSize?: string };

const recipeNames = Object.keys(recipes) as (keyof typeof recipes)[];
const balancingNames = ['median', 'sqrt-median', 'natural'] as const;

/** `segnet-stream train`: trains a network on a data set. */
export function createTrainCommand(): Command {
  return new Command('train')
    .description(
      'Trains a network on TensorFlow (npm run setup:tensorflow) and keeps the weights of the epoch that validates best.',
    )
    .requiredOption(
      '--data <folder>',
      'a data set: train/, trainannot/, val/ and valannot/, or one with a dataset.json',
    )
    .requiredOption('-o, --out <folder>', 'where checkpoint, best weights and log go')
    .option('--network <name>', `one of ${networkNames.join(', ')} (default: segnet-lite)`)
    .option(
      '--extra <folder>',
      "a data set whose training pictures are mixed in by the recipe's share (synthetic scenes)",
    )
    .option('--classes <name>', "class set (default: the data set's own)")
    .option(
      '--recipe <name>',
      `${recipeNames.join(', ')} (default: compact for networks of few multiply-adds, else modern)`,
    )
    .option('--epochs <n>', "epochs (default: the recipe's)", numeric)
    .option('--batch <n>', "pictures a step (default: the recipe's)", numeric)
    .option('--learning-rate <x>', "peak learning rate (default: the recipe's)", numeric)
    .option('--balancing <how>', `class weights: ${balancingNames.join(', ')} (default: the recipe's)`)
    .option('--select-by <score>', "the validation score that chooses the epoch: G or mIoU (default: the recipe's)")
    .option('--validate-every <n>', "epochs between validations (default: the recipe's)", numeric)
    .option('--crop <WxH>', "one size of training crops (default: the recipe's)")
    .option('--scales <a,b>', "smallest and largest magnification of training pictures (default: the recipe's)")
    .option('--input-size <WxH>', "the picture size that the weights are for (default: the recipe's)")
    .option('--seed <n>', 'seed of weights, shuffling and augmentation (default: 1)', numeric)
    .option('--hold-out <prefixes>', 'hold out the training pictures of these drives and validate on them', collectList)
    .option('--weights <file>', "start from these weights (default: He's initialisation)")
    .option(
      '--pretrained <file>',
      'start the encoder from one trained on ImageNet: safetensors of VGG16 or EfficientNet-Lite0 (docs/training.md)',
    )
    .option(
      '--data-threads <n>',
      'threads that read and cut pictures (default: 1; the log says how long steps waited)',
      numeric,
    )
    .option('--resume', 'go on from the checkpoint in the folder, with its recipe')
    .addHelpText('after', EXAMPLES)
    .action(runTraining);
}

const EXAMPLES = `
Examples:
  segnet-stream train --data camvid --out runs/lite
  segnet-stream train --data camvid --extra synthetic --network enet --epochs 100 --out runs/enet
  segnet-stream train --data camvid --recipe paper --network segnet-basic --out runs/paper
  segnet-stream train --data camvid --hold-out 0006R0 --out runs/fold
  segnet-stream train --data camvid --out runs/lite --resume      (with the --extra and --hold-out that it began with)

Ctrl-C saves a checkpoint after the step under way; --resume goes on to the same losses as if nothing had happened.`;

function checked(flags: Flags): TrainingOptions {
  const whole = (name: string, value: unknown, min = 1) =>
    value === undefined ? undefined : checkNumber(name, value, { min, max: 1e9, integer: true });
  const { crop, scales, inputSize, json, verbose, ...options } = flags;
  const numbers = {
    epochs: whole('--epochs', flags.epochs),
    batch: whole('--batch', flags.batch),
    seed: whole('--seed', flags.seed, 0),
    dataThreads:
      flags.dataThreads === undefined
        ? undefined
        : checkNumber('--data-threads', flags.dataThreads, { min: 1, max: 64, integer: true }),
    validateEvery: whole('--validate-every', flags.validateEvery),
    learningRate:
      flags.learningRate === undefined
        ? undefined
        : checkNumber('--learning-rate', flags.learningRate, { min: 0, max: 1000 }),
  };
  return {
    ...options,
    ...(Object.fromEntries(Object.entries(numbers).filter(([, value]) => value !== undefined)) as typeof numbers &
      object),
    ...(flags.network !== undefined && { network: checkChoice('--network', flags.network, networkNames) }),
    ...(flags.recipe !== undefined && { recipe: checkChoice('--recipe', flags.recipe, recipeNames) }),
    ...(flags.balancing !== undefined && { balancing: checkChoice('--balancing', flags.balancing, balancingNames) }),
    ...(flags.selectBy !== undefined && {
      selectBy: checkChoice('--select-by', flags.selectBy, ['G', 'mIoU'] as const),
    }),
    ...(crop !== undefined && { crop: parseSize('--crop', crop) }),
    ...(scales !== undefined && { scales: parseScales(scales) }),
    ...(inputSize !== undefined && { inputSize: parseSize('--input-size', inputSize) }),
  } as TrainingOptions;
}

function parseScales(text: string): [number, number] {
  const parts = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  const [smallest = Number.NaN, largest = Number.NaN] = parts;
  if (parts.length === 2 && smallest >= 0.01 && largest <= 100 && smallest <= largest) return [smallest, largest];
  throw new Failure('OPTION_INVALID', `Expected --scales to be two magnifications like 0.5,1, got ${text}`);
}

async function runTraining(flags: Flags): Promise<void> {
  const options = checked(flags);
  const [{ trainNetwork }, { exitOnAbandon, listenForStop }] = await Promise.all([
    import('../train.js'),
    import('../run/stop.js'),
  ]);
  const report = createTrainingReporter(process.stderr);
  const requests = listenForStop(() =>
    report.say('Stopping after this step; --resume goes on from it (again to end at once)'),
  );
  exitOnAbandon(requests);
  try {
    const command = `segnet-stream ${process.argv.slice(2).join(' ')}`;
    const result = await trainNetwork({ ...options, command, signal: requests.stop, onEvent: report.onEvent });
    report.close();
    printResult(flags, result, describeTraining(result));
  } finally {
    report.close();
    // Stopped before the first step, it throws.
    process.exitCode = requests.exitStatus ?? 0;
    requests.dispose();
  }
}

function describeTraining({ stopped, epochs, best, weightsPath, checkpointPath, seconds }: TrainResult): string {
  const how = stopped ? `Stopped in epoch ${epochs + 1}` : `Trained ${count(epochs, 'epoch')}`;
  const kept =
    best === undefined
      ? 'No epoch was validated'
      : `Best epoch ${best.epoch}: G ${best.G.toFixed(1)}, C ${best.C.toFixed(1)}, mIoU ${best.mIoU.toFixed(1)}${weightsPath === undefined ? '' : `: ${weightsPath}`}`;
  return `${how} in ${formatTime(seconds)}. ${kept}\nCheckpoint: ${checkpointPath}`;
}

/** Tells a person how training goes: a bar on a terminal; elsewhere a line an epoch and one every half minute. */
function createTrainingReporter(stream: NodeJS.WriteStream) {
  let bar: SingleBar | undefined;
  let lineDueAt = performance.now() + 30_000;
  let msPerStep = 0;
  const counter = createCounter(stream, 'pictures read');
  const close = () => {
    counter.close();
    bar?.stop();
    bar = undefined;
  };
  const say = (text: string) => {
    close();
    stream.write(`${text}\n`);
  };
  function onEvent(event: TrainingEvent): void {
    if (event.kind === 'check') {
      counter.update(event.done, event.total);
      if (event.done === event.total) counter.close();
    } else if (event.kind === 'warning') say(event.message);
    else if (event.kind === 'epoch') {
      say(`epoch ${event.epoch + 1}: loss ${event.loss.toFixed(3)}, ${event.imagesPerSecond.toFixed(1)} images/s`);
    } else if (event.kind === 'validation') {
      const { G, C, mIoU } = event.scores;
      say(
        `epoch ${event.epoch + 1}: validation G ${G.toFixed(1)}, C ${C.toFixed(1)}, mIoU ${mIoU.toFixed(1)}${event.best ? ', the best so far' : ''}`,
      );
    } else {
      msPerStep = msPerStep === 0 ? event.ms : 0.9 * msPerStep + 0.1 * event.ms;
      const left = formatTime(((event.steps - event.step - 1) * msPerStep) / 1000);
      const status = `loss ${event.loss.toFixed(3)}, ${((1000 * event.images) / msPerStep).toFixed(1)} images/s, ${left} left`;
      if (stream.isTTY) {
        if (bar === undefined) {
          bar = new SingleBar({ stream, format: 'epoch {epoch} {bar} {percentage}% {status}' });
          bar.start(event.steps, event.step, { epoch: event.epoch + 1, status });
        }
        bar.update(event.step + 1, { epoch: event.epoch + 1, status });
      } else if (performance.now() >= lineDueAt) {
        lineDueAt = performance.now() + 30_000;
        stream.write(`epoch ${event.epoch + 1}, step ${event.step + 1}/${event.steps}: ${status}\n`);
      }
    }
  }
  return { onEvent, say, close };
}
