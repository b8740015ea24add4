import type { Command } from 'commander';
import { checkNumber } from '../../../model/check-option.js';
import { Failure } from '../../../model/failure.js';
import { addEngineOptions, checkEngineOptions, type EngineOptions } from '../../options/engine-options.js';
import { flagOf } from '../../options/flag.js';
import { numeric } from '../../options/numeric.js';
import { sampleClip } from '../../options/package-root.js';
import { type CommonOptions, printResult } from '../../print-result.js';
import { measured, type Numeric, subcommand, whole } from '../subcommand.js';

interface PipelineFlags extends Omit<EngineOptions, 'engine'>, CommonOptions {
  readonly engine?: EngineOptions['engine'] | 'none';
  readonly encoder?: string;
  readonly crf?: Numeric;
  readonly rounds?: Numeric;
  readonly loops?: boolean;
  readonly memory?: Numeric;
}

/** `segnet-stream benchmark pipeline`. */
export function createPipelineCommand(): Command {
  const command = subcommand('pipeline')
    .description(
      'Takes a clip through `run`, through the engine alone and through plain ffmpeg with the same settings, in turns, and says how near `run` comes to the sum of the two.',
    )
    .argument('[clip]', 'a video (default: the sample clip)')
    .option('--encoder <name>', 'an ffmpeg encoder (default: the first H.264 encoder that works)')
    .option('--crf <0-51>', 'quality, lower is better (default: 20)', numeric)
    .option('--rounds <n>', 'how often each is run (default: 5)', numeric)
    .option('--loops', 'run the loops that people write in Python as well (needs pipeline/benchmark/peers/setup.sh)')
    .option(
      '--memory <seconds>',
      'instead, compare the peak memory of a 1080p clip of so many seconds with one a tenth as long',
      numeric,
    );
  return addEngineOptions(command)
    .addHelpText(
      'after',
      `
--engine none computes nothing: run, as it is around a network, against plain ffmpeg.

Examples:
  segnet-stream benchmark pipeline dashcam.mp4
  segnet-stream benchmark pipeline dashcam.mp4 --network segnet-basic --precision int8 --loops --json
  segnet-stream benchmark pipeline dashcam.mp4 --engine none --rounds 7
  segnet-stream benchmark pipeline --memory 600`,
    )
    .action(async (clip: string | undefined, flags: PipelineFlags) => {
      const { network, weights, provider, precision, threads, encoder } = flags;
      const named = { network, weights, provider, precision, threads };
      const engine = flags.engine === 'none' ? 'none' : checkEngineOptions({ ...named, engine: flags.engine }, flagOf);
      if (engine === 'none' && flags.loops) {
        throw new Failure('OPTION_INVALID', 'Expected no --loops with --engine none: they compute the network');
      }
      if (flags.memory !== undefined) {
        const { loops, rounds, crf } = flags;
        const idle = Object.entries({ clip, '--loops': loops, '--rounds': rounds, '--encoder': encoder, '--crf': crf });
        const [unused] = idle.find(([, value]) => value !== undefined) ?? [];
        if (unused !== undefined)
          throw new Failure('OPTION_INVALID', `Expected no ${unused} with --memory, which has clips of its own`);
        const longSeconds = checkNumber('--memory', flags.memory, { min: 10, max: 36_000 });
        const [{ compareMemory }, { renderMemory }] = await Promise.all([
          import('./memory.js'),
          import('./render-memory.js'),
        ]);
        const result = await measured((common) => compareMemory({ longSeconds, engine, ...common }));
        printResult(flags, result, renderMemory(result));
        return;
      }
      const [{ benchmarkPipeline }, { renderPipeline }] = await Promise.all([
        import('./pipeline.js'),
        import('./render-pipeline.js'),
      ]);
      const result = await measured((common) =>
        benchmarkPipeline({
          clip: clip ?? sampleClip,
          engine,
          encoder,
          crf:
            flags.crf === undefined ? undefined : checkNumber('--crf', flags.crf, { min: 0, max: 51, integer: true }),
          rounds: whole('--rounds', flags.rounds),
          loops: flags.loops,
          ...common,
        }),
      );
      printResult(flags, result, renderPipeline(result));
    });
}
