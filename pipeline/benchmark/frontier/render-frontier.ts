import { textTable } from '../../text-table.js';
import { fixed, ms } from '../figures.js';
import { renderMachine } from '../machine.js';
import type { FrontierResult } from './frontier.js';

/** Renders the result of `benchmark frontier` for people to read. */
export function renderFrontier({ machine, images, rows }: FrontierResult): string {
  const table = rows.map((row) => [
    row.network,
    row.weights,
    `${row.size.width}x${row.size.height}`,
    row.precision,
    fixed(row.mIoU, 1),
    fixed(row.BF, 1),
    ms(row.frameMs),
    ms(row.cpuMs),
    fixed(row.multiplyAdds / 1e9, 1),
    row.isOnFrontier ? 'yes' : '',
  ]);
  const head = ['network', 'weights', 'size', 'precision', 'mIoU', 'BF', 'ms', 'CPU ms', 'G mult-adds', 'frontier'];
  return [renderMachine(machine), `Scored on ${images}; frames in turns`, '', textTable([head, ...table])].join('\n');
}
