import type { Command } from 'commander';
import { checkNumber } from '../../../model/check-option.js';
import { addEngineOptions, checkEngineOptions, type EngineOptions } from '../../options/engine-options.js';
import { flagOf } from '../../options/flag.js';
import { numeric } from '../../options/numeric.js';
import { type CommonOptions, printResult } from '../../print-result.js';
import { measured, type Numeric, subcommand, whole } from '../subcommand.js';

interface ServeFlags extends EngineOptions, CommonOptions {
  readonly seconds?: Numeric;
  readonly rounds?: Numeric;
}

/** `segnet-stream benchmark serve`. */
export function createServeCommand(): Command {
  const command = subcommand('serve')
    .description(
      'Serves a clip at its own pace to nobody and to one viewer, and says how much of the processor time is not the engine.',
    )
    .argument('[clip]', 'a video (default: the sample clip)')
    .option('--seconds <s>', 'how long each turn watches (default: 10)', numeric)
    .option('--rounds <n>', 'how often each is served (default: 3)', numeric);
  return addEngineOptions(command)
    .addHelpText(
      'after',
      `
Examples:
  segnet-stream benchmark serve dashcam.mp4
  segnet-stream benchmark serve dashcam.mp4 --network segnet-basic --rounds 5 --json`,
    )
    .action(async (clip: string | undefined, flags: ServeFlags) => {
      const { network, weights, engine, provider, precision, threads } = flags;
      const [{ benchmarkServe }, { renderServe }] = await Promise.all([
        import('./serve.js'),
        import('./render-serve.js'),
      ]);
      const result = await measured((common) =>
        benchmarkServe({
          clip,
          engine: checkEngineOptions({ network, weights, engine, provider, precision, threads }, flagOf),
          seconds:
            flags.seconds === undefined ? undefined : checkNumber('--seconds', flags.seconds, { min: 1, max: 3600 }),
          rounds: whole('--rounds', flags.rounds),
          ...common,
        }),
      );
      printResult(flags, result, renderServe(result));
    });
}
