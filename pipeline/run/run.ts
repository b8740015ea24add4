import { concatMap, from, lastValueFrom, mergeMap } from 'rxjs';
import { findFfmpeg } from '../../operators/find-ffmpeg.js';
import { count } from '../wording.js';
import { inGroups, picturesAtOnce } from './pictures-at-once.js';
import { prepareRun } from './prepare-run.js';
import { labelOf, processJob } from './process-job.js';
import { checkRunOptions, type RunOptions } from './run-options.js';
import { type FileSummary, type RunSummary, summarise } from './summary.js';
import { openViewers, type Viewers } from './viewers.js';

/**
 * Segments files and writes the requested outputs, as `segnet-stream run` does. One engine serves all files; videos are
 * processed one after another, still pictures several at a time. A file that fails does not stop the others; the summary
 * reports it.
 *
 * @throws `Failure` where no file can be processed: `OPTION_INVALID`, `OUTPUT_IS_INPUT`, `PALETTE_INVALID`, `WEIGHTS_MISSING`,
 * `WEIGHTS_INVALID`, `ENGINE_UNAVAILABLE`, `FFMPEG_MISSING`, `FFMPEG_TOO_OLD`; with `broadcast`, where the server cannot
 * listen: `TOKEN_NEEDED`, `PORT_TAKEN`, `ADDRESS_UNUSABLE`, `TLS_INVALID`, `PAGE_MISSING`.
 *
 * @example
 * const { files } = await run({ inputs: 'dashcam.mp4', output: 'out.mp4', legend: true });
 */
export function run(options: RunOptions): Promise<RunSummary> {
  return runFiles(options);
}

/** `run`, with the names of its options for messages. */
export async function runFiles(options: RunOptions, nameOf?: (option: string) => string): Promise<RunSummary> {
  const begunAt = performance.now();
  const { signal, abandon, onEvent = () => {} } = options;
  const say = (message: string) => onEvent({ kind: 'note', message });
  const checked = checkRunOptions(options, nameOf);
  let description: string | undefined;
  const [tool, prepared] = await Promise.all([
    findFfmpeg(),
    prepareRun(checked, (engine) => {
      description = engine.description;
      say(description);
    }),
  ]);
  say(`ffmpeg ${tool.version} (${tool.path})${tool.warning ? `: ${tool.warning}` : ''}`);
  for (const note of prepared.notes) say(note);
  const files: FileSummary[] = [];
  let viewers: Viewers | undefined;
  try {
    const { jobs, engine } = prepared;
    if (checked.broadcast !== undefined && jobs.length > 0) {
      const name = jobs.length === 1 ? jobs[0]!.input.stem : count(jobs.length, 'file');
      viewers = await openViewers(engine, name, checked.broadcast, checked.nameOf);
      onEvent({ kind: 'listening', url: viewers.url });
    }
    const numbered = jobs.map((job, index) => ({ job, index }));
    const take = async ({ job, index }: (typeof numbered)[number]): Promise<void> => {
      if (engine.failure !== undefined) return;
      onEvent({ kind: 'begin', input: labelOf(job), number: index + 1, count: jobs.length });
      const file = await processJob(job, { prepared, signal, abandon, onEvent, viewers });
      // Without an engine every file would fail for the same reason.
      if (engine.failure !== undefined) return;
      files[index] = file;
      onEvent({ kind: 'end', file });
    };
    const groups = from(inGroups(numbered)).pipe(
      concatMap((group) => from(group).pipe(mergeMap(take, picturesAtOnce(checked)))),
    );
    await lastValueFrom(groups, { defaultValue: undefined });
    if (engine.failure !== undefined) throw engine.failure;
  } finally {
    await viewers?.close();
    await prepared.engine.close();
  }
  const seconds = (performance.now() - begunAt) / 1000;
  return summarise(files, seconds, signal?.aborted === true || abandon?.aborted === true, description);
}
