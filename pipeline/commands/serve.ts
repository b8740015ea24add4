import { Command } from 'commander';
import { addEngineOptions } from '../options/engine-options.js';
import { addOptions } from '../options/option-rule.js';
import { printResult } from '../print-result.js';
import { DEFAULT_CONFIG_FILE } from '../serve/config-file.js';
import { describeUnknownVariables } from '../serve/environment-options.js';
import { gatherOptions, type ServeFlags } from '../serve/gather-options.js';
import type { Logger } from '../serve/log.js';
import type { ServeSummary } from '../serve/serve.js';
import type { ServeOptions } from '../serve/serve-options.js';
import { SERVE_RULES } from '../serve/serve-options.js';

/** `segnet-stream serve`: its options, and an action that loads the server only when it is called. */
export function createServeCommand(): Command {
  const command = new Command('serve')
    .description(
      'Watches live sources and shows their segmented pictures on a page and to programs. The latest frame wins: what is shown is never late, and its age is always known.',
    )
    .argument(
      '[sources...]',
      '[NAME=]SOURCE: rtsp, http (HLS), rtmp, a file, /dev/video0, avfoundation:0, dshow:video=NAME',
    )
    .option('-c, --config <file>', `options and sources in YAML (default: ${DEFAULT_CONFIG_FILE} where it is there)`);
  return addEngineOptions(addOptions(command, SERVE_RULES))
    .addHelpText('after', EXAMPLES)
    .action(async (sources: readonly string[], flags: ServeFlags) => {
      const { options, nameOf } = await gatherOptions(sources, flags, process.env);
      // The command line may hold a camera's password, and everybody on the machine can read command lines.
      process.title = 'segnet-stream serve';
      await serveAndReport(options, nameOf, flags.json === true);
    });
}

/** Serves until a signal, with its log on standard error, and prints the summary. */
async function serveAndReport(options: ServeOptions, nameOf: (option: string) => string, json: boolean): Promise<void> {
  const [{ serve }, { createLog }, { exitOnAbandon, listenForStop }, { openEngine }] = await Promise.all([
    import('../serve/serve.js'),
    import('../serve/log.js'),
    import('../listen-for-stop.js'),
    import('../options/open-engine.js'),
  ]);
  const format = options.logFormat ?? (process.stderr.isTTY ? 'text' : 'json');
  let log: Logger | undefined;
  // Beside a JSON log no plain text is written; it has lines of its own for the same.
  const say = (text: string) => format === 'text' && process.stderr.write(`${text}\n`);
  const requests = listenForStop(() => {
    say('Stopping: telling viewers, finishing recordings (again to end at once)');
    if (format === 'json') log?.info('stopping');
  });
  exitOnAbandon(requests);
  try {
    const summary = await serve(options, {
      signal: requests.stop,
      nameOf,
      createEngine: () => openEngine(options, nameOf),
      createLog(scrub, level) {
        log = createLog({
          format,
          scrub,
          write: (line) => process.stderr.write(line),
          level,
        });
        for (const text of describeUnknownVariables(process.env)) log.warn(text);
        return log;
      },
      onListening: ({ url }) => say(`Watch at ${url}`),
    });
    printResult({ json }, summary, describeSummary(summary));
  } finally {
    requests.dispose();
  }
}

function describeSummary({ seconds, streams, recordings, failedRecordings }: ServeSummary): string {
  const lines = streams.map(({ name, frames, dropped, restarts }) => {
    const drops = Object.entries(dropped).map(([cause, count]) => `${count} ${cause}`);
    return `${name}: ${frames} frames shown, dropped ${drops.join(', ')}, ${restarts} restarts`;
  });
  const recorded = recordings.map((path) => `Recorded ${path}`);
  const failed = failedRecordings.map(
    ({ stream, part, error }) =>
      `${stream}: ${part === undefined ? 'not recorded' : `recorded ${part} in part`}: ${error}`,
  );
  return [`Served for ${Math.round(seconds)} s`, ...lines, ...recorded, ...failed].join('\n');
}

const EXAMPLES = `
Examples:
  segnet-stream serve rtsp://user:password@camera/stream          and open http://127.0.0.1:8080/
  segnet-stream serve 'front=rtsp://cam:\${CAMERA_PASSWORD}@10.0.0.7/live' back=rtsp://10.0.0.8/live
  segnet-stream serve dashcam.mp4 --loop                          a file as if it were a camera
  segnet-stream serve /dev/video0 --camera-size 1280x720
  segnet-stream serve rtsp://camera/stream --record drive.mp4 --max-fps 10
  SEGNET_STREAM_TOKEN=... segnet-stream serve rtsp://camera/stream --host 0.0.0.0 --tls-cert cert.pem --tls-key key.pem
  segnet-stream serve --config segnet-stream.yaml

Every option but --config, --json and --verbose can be set in the environment (--max-fps: SEGNET_STREAM_MAX_FPS) and in the file (maxFps: 10); the command line wins, then the
environment. The token comes from SEGNET_STREAM_TOKEN or --token-file; programs need one, see PROTOCOL.md. Also at that address: /healthz,
/readyz, and /metrics, which wants the token where there is one. Ctrl-C tells the viewers and finishes recordings.
The exit status is 0 after Ctrl-C or SIGTERM, 2 for a wrong option or configuration, 1 where it could not start or go on.`;
