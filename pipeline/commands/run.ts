import { Command } from 'commander';
import { addEngineOptions, type EngineOptions } from '../options/engine-options.js';
import { flagOf } from '../options/flag.js';
import { LISTEN_OPTIONS, LISTEN_RULES, type ListenOptions } from '../options/listen-options.js';
import { addOptions } from '../options/option-rule.js';
import { type CommonOptions, printResult } from '../print-result.js';
import type { RunOptions } from '../run/run-options.js';
import { RUN_RULES } from '../run/run-rules.js';
import { nameByOrigin, readEnvironment } from '../serve/environment-options.js';

type Flags = Omit<RunOptions, 'inputs'> & EngineOptions & CommonOptions & { readonly plan?: boolean };

/** `segnet-stream run`: its options, and an action that loads the pipeline only when it is called. */
export function createRunCommand(): Command {
  const command = new Command('run')
    .description(
      'Segments videos and pictures and writes them with their classes in colour. Every frame goes through, with the times, sound, size and metadata of its source (a picture keeps its size alone).',
    )
    .argument('<inputs...>', 'files, folders, globs, numbered pictures (frames/%04d.png), or - for standard input');
  addOptions(command, RUN_RULES).option(
    '--plan',
    'say what would be done, how long it would take and how much disk, and do nothing',
  );
  return addEngineOptions(addOptions(command, LISTEN_RULES), 'the network, and of each ffmpeg')
    .addHelpText('after', EXAMPLES)
    .action(async (inputs: readonly string[], flags: Flags) => {
      const options = { ...(flags.broadcast ? listenEnvironment() : {}), ...flags, inputs };
      const nameOf = flags.broadcast ? nameByOrigin({ ...flags }, process.env) : flagOf;
      if (flags.plan) {
        const [{ planRun }, { describePlan, isTooLarge }, { untilStopped }] = await Promise.all([
          import('../run/plan.js'),
          import('../run/describe-plan.js'),
          import('../until-stopped.js'),
        ]);
        const plan = await untilStopped('The plan', (signal) => planRun({ ...options, signal }, nameOf));
        printResult(flags, plan, describePlan(plan));
        // The exit status that the run itself would have.
        process.exitCode = plan.refuse > 0 || isTooLarge(plan) ? 1 : 0;
        return;
      }
      await runAndReport(options, nameOf);
    });
}

/** Runs with progress on standard error, stops on signals, prints the summary and sets the exit status. */
async function runAndReport(
  options: Flags & Pick<RunOptions, 'inputs'>,
  nameOf: (option: string) => string,
): Promise<void> {
  // ffmpeg is looked for while the rest is loaded. `runFiles` reports any failure.
  const { findFfmpeg } = await import('../../operators/find-ffmpeg.js');
  findFfmpeg().catch(() => {});
  const [{ runFiles }, { createReporter }, { listenForStop }, { describeRun }] = await Promise.all([
    import('../run/run.js'),
    import('../run/report.js'),
    import('../listen-for-stop.js'),
    import('../run/summary.js'),
  ]);
  const reporter = createReporter(process.stderr);
  const { onEvent } = reporter;
  const requests = listenForStop(reporter.stopping);
  try {
    const { stop: signal, abandon } = requests;
    const summary = await runFiles({ ...options, signal, abandon, onEvent }, nameOf);
    printResult(options, summary, describeRun(summary));
    process.exitCode = requests.exitStatus ?? (summary.failed > 0 ? 1 : 0);
  } finally {
    reporter.close();
    requests.dispose();
  }
}

/** The listen options from the environment, as for `serve`, including the token. */
function listenEnvironment(): ListenOptions {
  const options = readEnvironment(process.env);
  return Object.fromEntries(LISTEN_OPTIONS.map((name) => [name, options[name]]));
}

const EXAMPLES = `
Examples:
  segnet-stream run dashcam.mp4                           dashcam-overlay.mp4 in this folder
  segnet-stream run dashcam.mp4 -o out.mp4 --legend --smooth
  segnet-stream run /media/sd --recursive -o overlays     all videos and pictures of a card
  segnet-stream run "trip/*.mp4" -o overlays --plan       how long, how much disk
  segnet-stream run clip.mp4 --visualize none --masks masks --frames clip.jsonl
  segnet-stream run frames/%04d.png -o out.mp4
  segnet-stream run dashcam.mp4 --broadcast -o out.mp4    and watch it meanwhile at http://127.0.0.1:8080/
  segnet-stream run dashcam.mp4 --broadcast --visualize none      plays it, and writes nothing
  cat clip.mkv | segnet-stream run - -o out.mp4 --json

A finished output is skipped the next time, as long as its input, weights and options are the same; the notes by which
it is known are in the folder .segnet-stream beside it. Ctrl-C finishes the file so that it plays; twice abandons it.
--broadcast shows every frame, however slow the machine; for the latest frame alone, and for cameras, there is
\`segnet-stream serve\`. Its token comes from SEGNET_STREAM_TOKEN or --token-file; programs need one, see PROTOCOL.md.
With --broadcast the options about listening can be set in the environment, as those of \`serve\`. The exit status is 1 if any input failed, 2 for a
wrong option, 130 after Ctrl-C and 143 after SIGTERM. A name that begins with a dash is taken behind \`--\`, or as ./-name.`;
