import { textTable } from '../../text-table.js';
import { fixed, megabytes, ms } from '../figures.js';
import { renderMachine } from '../machine.js';
import type { PipelineResult, PipelineRow } from './pipeline.js';

/** Renders the result of `benchmark pipeline` for people to read. */
export function renderPipeline({ machine, clip, rounds, rows, bound, withoutNetworkRatio }: PipelineResult): string {
  const table = rows.map((row) => [
    row.title,
    fixed(row.framesPerSecond, 1),
    fixed(row.steadyFramesPerSecond, 1),
    fixed(row.wallSeconds.median),
    fixed(row.wallSeconds.least),
    fixed(row.cpuMsPerFrame, 1),
    megabytes(row.peakBytes),
    megabytes(row.peakProportionalBytes),
    row.firstFrameMs === undefined ? '-' : String(Math.round(row.firstFrameMs)),
    row.outputBytes === undefined ? '-' : (row.outputBytes / 1e3).toFixed(0),
  ]);
  const head = [
    '',
    'frames/s',
    'steady',
    's',
    'least s',
    'CPU ms/frame',
    'peak MB',
    'shared once',
    'first frame ms',
    'output kB',
  ];
  const description = rows.find(({ title }) => title === 'run')?.description;
  return [
    renderMachine(machine),
    `${clip}: ${rows[0]!.frames} frames, ${rounds} rounds in turns, medians${description ? `; ${description}` : ''}`,
    '',
    textTable([head, ...table]),
    ...rows.flatMap(renderSteps),
    '',
    ...(bound === undefined
      ? []
      : [
          `Bound, (engine + ffmpeg processor time) / cores: ${fixed(bound.framesPerSecond, 1)} frames/s; run reaches ${fixed(bound.ratio)} of it with start and end, ${fixed(bound.steadyRatio)} between its first frame and its last, ${fixed(bound.besideRatio)} there of what the two make beside one another`,
        ]),
    `Without a network, run reaches ${fixed(withoutNetworkRatio)} of plain ffmpeg`,
  ].join('\n');
}

function renderSteps({ title, steps }: PipelineRow): readonly string[] {
  if (steps === undefined) return [];
  const rows = Object.entries(steps).map(([step, { p50, p95, p99 }]) => [step, ms(p50), ms(p95), ms(p99)]);
  return ['', textTable([[`${title}, ms`, 'p50', 'p95', 'p99'], ...rows])];
}
