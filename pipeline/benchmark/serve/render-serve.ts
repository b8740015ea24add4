import { textTable } from '../../text-table.js';
import { fixed } from '../figures.js';
import { renderMachine } from '../machine.js';
import type { ServeBenchmark } from './serve.js';

/** Renders the result of `benchmark serve` for people to read. */
export function renderServe({ machine, clip, rounds, rows }: ServeBenchmark): string {
  const table = rows.map(({ title, framesPerSecond, cpuMsPerFrame, engineCpuMsPerFrame, outsideEngine }) => [
    title,
    fixed(framesPerSecond, 1),
    fixed(cpuMsPerFrame, 2),
    fixed(engineCpuMsPerFrame, 2),
    `${(100 * outsideEngine).toFixed(1)} %`,
  ]);
  return [
    renderMachine(machine),
    `${clip}: ${rounds} rounds in turns, medians; processor time of server and ffmpeg`,
    '',
    textTable([['', 'frames/s', 'CPU ms/frame', 'engine', 'not the engine'], ...table]),
  ].join('\n');
}
