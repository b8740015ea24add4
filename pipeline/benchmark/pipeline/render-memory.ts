import { textTable } from '../../text-table.js';
import { fixed, megabytes } from '../figures.js';
import { renderMachine } from '../machine.js';
import type { MemoryResult } from './memory.js';

/** Renders the result of `benchmark pipeline --memory` for people to read. */
export function renderMemory({ machine, rows, ratio }: MemoryResult): string {
  const table = rows.map(({ seconds, frames, peakBytes, peakProportionalBytes, peakByProgram }) => [
    String(seconds),
    String(frames),
    megabytes(peakBytes),
    megabytes(peakProportionalBytes),
    Object.entries(peakByProgram)
      .map(([program, bytes]) => `${program} ${megabytes(bytes)}`)
      .join(', '),
  ]);
  return [
    renderMachine(machine),
    'Peak resident memory of run and its ffmpegs together, 1920x1080',
    '',
    textTable([['s', 'frames', 'peak MB', 'shared once', 'largest of each, MB'], ...table]),
    '',
    `The long clip takes ${fixed(ratio, 3)} of the memory of the short one`,
  ].join('\n');
}
