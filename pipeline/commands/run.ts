import { Command } from 'commander';
import { numeric } from '../options/check.js';
import { addEngineOptions, type EngineOptions } from '../options/engine-options.js';
import { flagOf } from '../options/flag.js';
import { collectList } from '../options/list.js';
import { LISTEN_OPTIONS, type ListenOptions } from '../options/listen-options.js';
import type { RunOptions } from '../run/run-options.js';
import { addServeOptions } from '../serve/add-options.js';
import { readEnvironment } from '../serve/environment-options.js';
import { type CommonOptions, printResult } from './print-result.js';

type Flags = Omit<RunOptions, 'inputs'> & EngineOptions & CommonOptions & { readonly plan?: boolean };

/** `segnet-stream run`: its options, and an action that loads the pipeline only when it is called. */
export function createRunCommand(): Command {
  const command = new Command('run')
    .description(
      'Segments videos and pictures and writes them with their classes in colour. Every frame goes through, with the times, sound, size and metadata of its source (a picture keeps its size alone).',
    )
    .argument('<inputs...>', 'files, folders, globs, numbered pictures (frames/%04d.png), or - for standard input')
    .option('-o, --output <path>', 'a file, or a folder for several inputs (default: NAME-overlay.mp4 in this folder)')
    .option('--recursive', 'look into the folders of folders too')
    .option(
      '--visualize <what>',
      'overlay, mask, side-by-side (the picture and its mask), overlay,mask (beside each other) or none (default: overlay)',
      visualisation,
    )
    .option('--masks <folder>', 'write indexed PNGs of the classes, one a frame')
    .option(
      '--mask-video <path>',
      'write a lossless video of the classes (.mkv), or a folder of them for several inputs',
    )
    .option('--frames <path>', 'write JSON lines, one a frame: time, share of each class, time of each step (.jsonl)')
    .option('--opacity <0-1>', 'weight of the class colours (default: 0.5)', numeric)
    .option('--alpha <0-255>', 'the same as jetson-inference counts it', numeric)
    .option('--ignore-class <names>', 'leave classes uncoloured; with commas or repeated', collectList)
    .option('--palette <name|file>', 'weights, camvid, cityscapes, colour-blind, or a JSON file (default: weights)')
    .option('--legend', 'draw the names and colours of the classes')
    .option('--smooth', 'smooth masks over time, against flicker')
    .option('--stride <n>', 'segment every Nth frame; the others carry its mask (default: 1)', numeric)
    .option('--start <time>', 'begin there: seconds or hh:mm:ss')
    .option('--duration <time>', 'take so much: seconds or hh:mm:ss')
    .option('--size <WxH>', "the network's picture size (default: fitted inside the size of the weights)")
    .option('--batch <n>', 'frames that the engine is given at once (default: 1)', numeric)
    .option(
      '--encoder <name>',
      'auto, hardware, libx264, nvenc, vaapi, videotoolbox, mpeg4, ... (default: auto, the first H.264 encoder that works)',
    )
    .option('--crf <0-51>', 'quality, lower is better (default: 20)', numeric)
    .option('--hwaccel <name>', 'decode in hardware: auto, cuda, vaapi, videotoolbox, ...')
    .option('--overwrite', 'do finished outputs again, and replace files that segnet-stream did not make')
    .option('--shard <i/n>', 'take the Ith of N shares of the inputs')
    .option('--plan', 'say what would be done, how long it would take and how much disk, and do nothing')
    .option(
      '--broadcast',
      'play the files to viewers while they are processed, on a page and by WebSocket as `serve` does',
    )
    .option('--realtime', 'with --broadcast: play files at their own pace (default)')
    .option('--no-realtime', 'with --broadcast: process as fast as possible; slower viewers skip frames');
  return addEngineOptions(addServeOptions(command, LISTEN_OPTIONS), 'the network, and of each ffmpeg')
    .addHelpText('after', EXAMPLES)
    .action(async (inputs: readonly string[], flags: Flags) => {
      const options = { ...(flags.broadcast ? listenEnvironment() : {}), ...flags, inputs };
      if (flags.plan) {
        const [{ planRun }, { describePlan }] = await Promise.all([
          import('../run/plan.js'),
          import('../run/describe-plan.js'),
        ]);
        const plan = await planRun(options, flagOf);
        printResult(flags, plan, describePlan(plan));
        // As the run itself would end.
        process.exitCode = plan.refuse > 0 ? 1 : 0;
        return;
      }
      await runAndReport(options);
    });
}

/** Runs with progress on standard error, stops on signals, prints the summary and sets the exit status. */
async function runAndReport(options: Flags & Pick<RunOptions, 'inputs'>): Promise<void> {
  // It answers while the rest is loaded; what it may be wrong with, `runFiles` says.
  const { findFfmpeg } = await import('../../operators/find-ffmpeg.js');
  findFfmpeg().catch(() => {});
  const [{ runFiles }, { createReporter }, { listenForStop }, { describeRun }] = await Promise.all([
    import('../run/run.js'),
    import('../run/report.js'),
    import('../run/stop.js'),
    import('../run/summary.js'),
  ]);
  const reporter = createReporter(process.stderr);
  const { onEvent } = reporter;
  const requests = listenForStop(reporter.stopping);
  try {
    const { stop: signal, abandon } = requests;
    const summary = await runFiles({ ...options, signal, abandon, onEvent }, flagOf);
    printResult(options, summary, describeRun(summary));
    process.exitCode = requests.exitStatus ?? (summary.failed > 0 ? 1 : 0);
  } finally {
    reporter.close();
    requests.dispose();
  }
}

/** What the environment says about listening, as it does to `serve`; the token is said there. */
function listenEnvironment(): ListenOptions {
  const options = readEnvironment(process.env);
  return Object.fromEntries(LISTEN_OPTIONS.map((name) => [name, options[name]]));
}

/** jetson-inference draws several visualisations beside each other: `overlay,mask`. */
function visualisation(text: string): string {
  const parts = text.split(',').map((part) => part.trim());
  const both = parts.length === 2 && parts.includes('overlay') && parts.includes('mask');
  return both ? 'overlay,mask' : text;
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
