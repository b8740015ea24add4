import type { Evaluation } from './evaluate.js';
import { textTable } from './text-table.js';

/** Renders scores for people to read: a sentence, the table of classes with the means below, and warnings. */
export function renderEvaluation(evaluation: Evaluation): string {
  const { network, engine, provider, precision, images, seconds, corruption, warnings } = evaluation;
  const rows = Object.entries(evaluation.perClass).map(([name, { recall, IoU, BF }]) => [
    name,
    ...[recall, IoU, BF].map(percent),
  ]);
  const spoilt = corruption === null ? '' : `, spoilt by ${corruption}`;
  const { G, C, mIoU, BF } = evaluation;
  return [
    `${network} (${engine}, ${provider}, ${precision}) on ${images} images${spoilt}, in ${seconds.toFixed(1)} s; per cent`,
    '',
    textTable([['class', 'recall', 'IoU', 'BF'], ...rows]),
    '',
    textTable([['G', 'C', 'mIoU', 'BF'].map((name) => name.padStart(5)), [G, C, mIoU, BF].map(percent)]),
    '',
    'A row for each true class: per cent of its pixels that were taken for each class',
    textTable(confusionRows(evaluation)),
    ...warnings.map((warning) => `Warning: ${warning}`),
  ].join('\n');
}

/** Columns are numbered, since names would be wider than a terminal. */
function confusionRows({ classes, confusion }: Evaluation): readonly (readonly string[])[] {
  const rows = confusion.map((row, truth) => {
    const pixels = row.reduce((sum, count) => sum + count, 0);
    const shares = row.map((count) => (pixels === 0 ? '-' : count === 0 ? '' : ((100 * count) / pixels).toFixed(1)));
    return [`${truth} ${classes[truth]!.name}`, ...shares];
  });
  return [['true class', ...classes.map((_, i) => String(i).padStart(4))], ...rows];
}

const percent = (value: number) => (Number.isNaN(value) ? '-' : value.toFixed(2));
