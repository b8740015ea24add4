import { textTable } from '../../text-table.js';
import type { Refused } from '../contest/contest.js';
import { megabytes, ms } from '../figures.js';
import { renderMachine } from '../machine.js';
import type { Table6, Table6Result } from './table6.js';

/** Renders the result of `benchmark table6` for people to read, with published figures in brackets. */
export function renderTable6({ machine, size, threads, rows }: Table6): string {
  const beside = (ours: string, theirs: number | undefined) => (theirs === undefined ? ours : `${ours} (${theirs})`);
  const table = rows.map(({ network, float32, int8, training, modelBytes, published }) => {
    const learnt = training === undefined || 'refused' in training ? undefined : training;
    const inferred = 'refused' in float32 ? undefined : float32;
    return [
      network,
      beside(ms(inferred?.frameMs.median), published?.forwardMs),
      'refused' in int8 ? '-' : ms(int8.frameMs.median),
      ms(learnt?.forwardMs),
      beside(ms(learnt?.backwardMs), published?.backwardMs),
      beside(megabytes(learnt?.peakBytes), published?.trainingMegabytes),
      beside(megabytes(inferred?.peakBytes), published?.inferenceMegabytes),
      beside(megabytes(modelBytes), published?.modelMegabytes),
    ];
  });
  const head = [
    'network',
    'forward ms',
    'int8 ms',
    'training forward ms',
    'backward ms',
    'training MB',
    'inference MB',
    'model MB',
  ];
  const notes = rows.flatMap((row) => refusals(row));
  return [
    renderMachine(machine),
    `${size.width}x${size.height}, ${threads} threads; in brackets the paper's Table 6, on a GPU of 2015. Memory is that of the whole process.`,
    '',
    textTable([head, ...table]),
    ...(notes.length > 0 ? ['', 'Not measured:', ...notes] : []),
  ].join('\n');
}

function refusals({ network, float32, int8, training }: Table6Result): readonly string[] {
  const say = (what: string, outcome: object | undefined) =>
    outcome !== undefined && 'refused' in outcome ? [`${network}, ${what}: ${(outcome as Refused).refused}`] : [];
  return [...say('float32', float32), ...say('int8', int8), ...say('training', training)];
}
