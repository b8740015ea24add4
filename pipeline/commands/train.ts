import { Command } from 'commander';
import { Failure } from '../../model/failure.js';
import type { TrainResult } from '../../model/training/train.js';
import type { TrainingEvent } from '../../model/training/training-event.js';
import { flagOf } from '../options/flag.js';
import { addOptions } from '../options/option-rule.js';
import { formatTime } from '../options/time.js';
import { type CommonOptions, printResult } from '../print-result.js';
import { createProgress } from '../progress.js';
import { TRAINING_RULES, type TrainingOptions } from '../train-options.js';
import { count } from '../wording.js';

/** `segnet-stream train`: trains a network on a data set. */
export function createTrainCommand(): Command {
  const command = new Command('train')
    .description(
      'Trains a network on TensorFlow (npm run setup:tensorflow) and keeps the weights of the epoch that validates best.',
    )
    .requiredOption(
      '--data <folder>',
      'a data set: train/, trainannot/, val/ and valannot/, or one with a dataset.json',
    )
    .requiredOption('-o, --out <folder>', 'where checkpoint, best weights and log go');
  return addOptions(command, TRAINING_RULES).addHelpText('after', EXAMPLES).action(runTraining);
}

const EXAMPLES = `
Examples:
  segnet-stream train --data camvid --out runs/lite
  segnet-stream train --data camvid --extra synthetic --network enet --epochs 100 --out runs/enet
  segnet-stream train --data camvid --recipe paper --network segnet-basic --out runs/paper
  segnet-stream train --data my-street --weights model/weights/segnet-lite.safetensors --recipe finetune --out runs/street
  segnet-stream train --data camvid --hold-out 0006R0 --out runs/fold
  segnet-stream train --data camvid --out runs/lite --resume      (with the --extra and --hold-out that it began with)

Ctrl-C saves a checkpoint after the step under way; --resume goes on to the same losses as if nothing had happened. A
validation that is stopped gives no score; --resume begins with it.`;

async function runTraining(flags: TrainingOptions & CommonOptions): Promise<void> {
  const [{ trainNetwork }, { exitOnAbandon, listenForStop }] = await Promise.all([
    import('../train.js'),
    import('../listen-for-stop.js'),
  ]);
  const report = createTrainingReporter(process.stderr);
  const requests = listenForStop(() =>
    report.say('Stopping after this step or picture of validation; --resume goes on from it (again to end at once)'),
  );
  exitOnAbandon(requests);
  try {
    const command = `segnet-stream ${process.argv.slice(2).join(' ')}`;
    const result = await trainNetwork({ ...flags, command, signal: requests.stop, onEvent: report.onEvent }, flagOf);
    report.close();
    printResult(flags, result, describeTraining(result));
    process.exitCode = requests.exitStatus ?? 0;
  } catch (error) {
    // A stop before the first step leaves no result.
    if (error instanceof Failure && error.code === 'STOPPED') process.exitCode = requests.exitStatus;
    throw error;
  } finally {
    report.close();
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

/** How often a line is written without a terminal; training takes hours. */
const LINE_EVERY_MS = 30_000;

/** Reports the progress of training to people. */
function createTrainingReporter(stream: NodeJS.WriteStream) {
  const { show, say, close } = createProgress(stream, LINE_EVERY_MS);
  function onEvent(event: TrainingEvent): void {
    if (event.kind === 'check') {
      show('Reading', 'pictures', event.done, event.total);
      if (event.done === event.total) close();
    } else if (event.kind === 'warning') say(event.message);
    else if (event.kind === 'epoch') {
      say(`epoch ${event.epoch + 1}: loss ${event.loss.toFixed(3)}, ${event.imagesPerSecond.toFixed(1)} images/s`);
    } else if (event.kind === 'validation') {
      const { G, C, mIoU } = event.scores;
      say(
        `epoch ${event.epoch + 1}: validation G ${G.toFixed(1)}, C ${C.toFixed(1)}, mIoU ${mIoU.toFixed(1)}${event.best ? ', the best so far' : ''}`,
      );
    } else {
      const { epoch, step, steps, images, loss } = event;
      show(`epoch ${epoch + 1}`, 'images', (step + 1) * images, steps * images, `loss ${loss.toFixed(3)}`);
    }
  }
  return { onEvent, say, close };
}
