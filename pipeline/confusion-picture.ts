import { escapeMarkup } from '../model/escape-markup.js';
import type { Evaluation } from './evaluate.js';

/** Pixels. */
const CELL = 46;
const MARGIN = { left: 150, top: 176, right: 64, bottom: 24 };
/** The room that the texts at the top need, whatever the number of classes: the longest line, and a letter of the title. */
const LEAST_WIDTH = 500;
const TITLE_LETTER = 10;
const INK = '#1b2430';
const QUIET = '#667085';

/**
 * Draws the confusion matrix as SVG: a row for each true class, shaded and numbered by the per cent of its pixels that were
 * predicted as each class. SVG stores text as text, so making it needs no fonts.
 */
export function drawConfusion({ classes, confusion, ...evaluation }: Evaluation): string {
  const side = CELL * classes.length;
  const height = MARGIN.top + side + MARGIN.bottom;
  const { network, images, G, C, mIoU, BF, corruption } = evaluation;
  const title = `${network} on ${images} images${corruption === null ? '' : `, spoilt by ${corruption}`}`;
  const width = Math.max(MARGIN.left + side + MARGIN.right, LEAST_WIDTH, 2 * 16 + title.length * TITLE_LETTER);
  const scores = Object.entries({ G, C, mIoU, BF }).map(([name, value]) => `${name} ${value.toFixed(1)}`);

  const cells = confusion.flatMap((row, truth) => {
    const total = row.reduce((sum, pixels) => sum + pixels, 0);
    return row.map((pixels, predicted) => drawCell(truth, predicted, total === 0 ? 0 : pixels / total));
  });
  const names = classes.map(({ name, colour }, index) => {
    const middle = (index + 0.5) * CELL;
    const swatch = `width="10" height="10" rx="2" fill="rgb(${colour.join()})"`;
    const label = escapeMarkup(name);
    return [
      `<rect x="${MARGIN.left - 18}" y="${MARGIN.top + middle - 5}" ${swatch}/>`,
      `<text x="${MARGIN.left - 26}" y="${MARGIN.top + middle + 4}" text-anchor="end">${label}</text>`,
      `<g transform="translate(${MARGIN.left + middle} ${MARGIN.top - 8}) rotate(-45)">`,
      `<rect y="-5" ${swatch}/><text x="16" y="4">${label}</text></g>`,
    ].join('');
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, sans-serif" font-size="12" fill="${INK}" role="img" aria-label="${escapeMarkup(`Confusion matrix of ${title}`)}">
<rect width="${width}" height="${height}" fill="#fff"/>
<text x="16" y="28" font-size="16" font-weight="600">${escapeMarkup(title)}</text>
<text x="16" y="48" fill="${QUIET}">${scores.join(', ')}, in per cent</text>
<text x="16" y="66" fill="${QUIET}">rows: what it is, columns: what it was taken for, in per cent of the row</text>
${names.join('\n')}
${cells.join('\n')}
</svg>
`;
}

function drawCell(truth: number, predicted: number, share: number): string {
  const [x, y] = [MARGIN.left + predicted * CELL, MARGIN.top + truth * CELL];
  const percent = 100 * share;
  const number = percent >= 99.95 ? '100' : percent >= 0.1 ? percent.toFixed(1) : '';
  const frame = truth === predicted ? ` stroke="${INK}"` : '';
  const text = `<text x="${x + CELL / 2}" y="${y + CELL / 2 + 4}" text-anchor="middle" fill="${share > 0.45 ? '#fff' : INK}">${number}</text>`;
  return `<rect x="${x + 1}" y="${y + 1}" width="${CELL - 2}" height="${CELL - 2}" rx="3" fill="${shade(share)}"${frame}/>${text}`;
}

/** From almost white to dark blue; the square root keeps small shares visible. */
function shade(share: number): string {
  const [light, dark] = [
    [243, 246, 251],
    [23, 78, 166],
  ] as const;
  const mix = Math.sqrt(share);
  return `rgb(${light.map((from, i) => Math.round(from + (dark[i]! - from) * mix)).join()})`;
}
