import { escapeMarkup } from '../../../model/escape-markup.js';
import { chartColours } from './line-chart.js';

/** A group of bars under a heading. */
export interface BarGroup {
  readonly name: string;
  readonly bars: readonly { readonly name: string; readonly value: number; readonly isOurs: boolean }[];
}

/** The contents of a bar chart. */
export interface BarChart {
  readonly title: string;
  /** The unit of the numbers: `ms a frame (less is better)`. */
  readonly unit: string;
  readonly groups: readonly BarGroup[];
  /** The text below the chart: the machine, the command. */
  readonly note: string;
}

const WIDTH = 640;
const [LEFT, RIGHT, TOP] = [256, 60, 52];
const [ROW, HEAD] = [20, 30];

/** Draws groups of horizontal bars, each group on its own scale, with this project's bars in a different colour. */
export function renderBarChart({ title, unit, groups, note }: BarChart): string {
  let y = TOP;
  const parts = groups.flatMap(({ name, bars }) => {
    const largest = Math.max(...bars.map(({ value }) => value));
    const heading = `<text x="12" y="${y + 18}" font-weight="bold">${escapeMarkup(name)}</text>`;
    y += HEAD;
    const rows = bars.map((bar) => {
      const length = Math.max(((WIDTH - LEFT - RIGHT) * bar.value) / largest, 1).toFixed(1);
      const middle = y + 13;
      const row = [
        `<text x="${LEFT - 8}" y="${middle}" text-anchor="end">${escapeMarkup(bar.name)}</text>`,
        `<rect x="${LEFT}" y="${y + 2}" width="${length}" height="${ROW - 6}" fill="${bar.isOurs ? chartColours[0] : '#bbb'}"/>`,
        `<text x="${LEFT + Number(length) + 6}" y="${middle}">${Number(bar.value.toPrecision(3))}</text>`,
      ].join('');
      y += ROW;
      return row;
    });
    return [heading, ...rows];
  });
  const height = y + 36;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" font-family="sans-serif" font-size="12" fill="#333">`,
    `<title>${escapeMarkup(title)}</title>`,
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    `<text x="12" y="20" font-size="15" font-weight="bold">${escapeMarkup(title)}</text>`,
    `<text x="12" y="40">${escapeMarkup(unit)}</text>`,
    ...parts,
    `<text x="12" y="${height - 10}" font-size="10" fill="#666">${escapeMarkup(note)}</text>`,
    '</svg>\n',
  ].join('\n');
}
