import { textTable } from '../../text-table.js';
import { fixed, megabytes, ms } from '../figures.js';
import { renderMachine } from '../machine.js';
import { peersAdvice } from '../peers.js';
import type { TrainingResult } from './training.js';

/** Renders the result of `benchmark training` for people to read. */
export function renderTraining({ machine, size, batch, threads, rows }: TrainingResult): string {
  const timed = rows.flatMap((row) => ('refused' in row ? [] : [row]));
  const table = timed.map((row) => {
    const last = timed.findLast(({ network }) => network === row.network)!;
    return [
      row.network,
      row.trainer,
      ms(row.stepMs),
      ms(row.frameMs.p95 * batch),
      fixed(row.stepMs / last.stepMs),
      ms(row.cpuMsPerFrame * batch),
      megabytes(row.peakBytes),
      fixed(row.loss, 3),
    ];
  });
  const head = ['network', 'trainer', 'ms a step', 'p95', 'of last', 'CPU ms', 'MB', 'first loss'];
  const refused = rows.flatMap((row) => ('refused' in row ? [`${row.network}, ${row.trainer}: ${row.refused}`] : []));
  return [
    renderMachine(machine),
    `${batch} crops of ${size.width}x${size.height}, ${threads} threads; steps in turns`,
    '',
    textTable([head, ...table]),
    ...(refused.length > 0 ? ['', 'Not timed:', ...refused] : []),
    ...(rows.some(({ trainer }) => trainer !== 'segnet-stream') ? [] : ['', `No PyTorch: ${peersAdvice}`]),
  ].join('\n');
}
