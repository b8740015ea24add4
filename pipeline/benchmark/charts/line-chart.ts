import { escapeMarkup } from '../../../model/escape-markup.js';

/** One line of a chart. */
export interface ChartSeries {
  readonly name: string;
  /** x and y, in the order of x. */
  readonly points: readonly (readonly [number, number])[];
}

/** The contents of a line chart. */
export interface LineChart {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  /** Where the y axis begins. @default 0 */
  readonly yFrom?: number;
  readonly series: readonly ChartSeries[];
  /** The text below the chart: the machine, the command. */
  readonly note: string;
}

/** Colours that are distinct in normal and colour-blind vision, on white (Okabe and Ito, 2008). */
export const chartColours: readonly string[] = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9'];

const HEIGHT = 380;
const PLOT_WIDTH = 426;
const [LEFT, TOP, BOTTOM] = [64, 44, 76];
/** Space for the names beside the lines, estimated by pixels per letter, as text cannot be measured here. */
const [LEAST_RIGHT, LETTER] = [150, 7];

/** Draws lines with marks, with axes that begin at 0 by default, as an SVG that needs no font, style sheet or script. */
export function renderLineChart({ title, xLabel, yLabel, yFrom = 0, series, note }: LineChart): string {
  const points = series.flatMap((one) => one.points);
  const xTicks = ticksTo(Math.max(...points.map(([x]) => x), 0));
  const yTicks = ticksTo(Math.max(...points.map(([, y]) => y - yFrom), 0)).map((tick) => tick + yFrom);
  const end = LEFT + PLOT_WIDTH;
  const width = end + Math.max(LEAST_RIGHT, 24 + LETTER * Math.max(...series.map(({ name }) => name.length), 0));
  const x = (value: number) => LEFT + (PLOT_WIDTH * value) / xTicks.at(-1)!;
  const y = (value: number) => HEIGHT - BOTTOM - ((HEIGHT - TOP - BOTTOM) * (value - yFrom)) / (yTicks.at(-1)! - yFrom);
  const grid = [
    ...yTicks.map(
      (tick) =>
        `<path d="M${LEFT} ${at(y(tick))}H${end}" stroke="#ddd"/>` +
        `<text x="${LEFT - 8}" y="${at(y(tick) + 4)}" text-anchor="end">${tick}</text>`,
    ),
    ...xTicks.map((tick) => `<text x="${at(x(tick))}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle">${tick}</text>`),
  ];
  const labels = spreadOut(series.map((one) => y(one.points.at(-1)?.[1] ?? 0)));
  const lines = series.map((one, i) => {
    const colour = chartColours[i % chartColours.length]!;
    const path = one.points.map(([px, py], k) => `${k === 0 ? 'M' : 'L'}${at(x(px))} ${at(y(py))}`).join('');
    const marks = one.points.map(([px, py]) => `<circle cx="${at(x(px))}" cy="${at(y(py))}" r="3.5"/>`).join('');
    const label = `<text x="${end + 12}" y="${at(labels[i]! + 4)}">${escapeMarkup(one.name)}</text>`;
    return `<g fill="${colour}"><path d="${path}" fill="none" stroke="${colour}" stroke-width="2"/>${marks}${label}</g>`;
  });
  const middle = (LEFT + end) / 2;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${HEIGHT}" role="img" font-family="sans-serif" font-size="12" fill="#333">`,
    `<title>${escapeMarkup(title)}</title>`,
    `<rect width="${width}" height="${HEIGHT}" fill="#fff"/>`,
    `<text x="${LEFT}" y="18" font-size="15" font-weight="bold">${escapeMarkup(title)}</text>`,
    `<text x="${LEFT}" y="36">${escapeMarkup(yLabel)}</text>`,
    ...grid,
    ...lines,
    `<text x="${middle}" y="${HEIGHT - BOTTOM + 38}" text-anchor="middle">${escapeMarkup(xLabel)}</text>`,
    `<text x="12" y="${HEIGHT - 10}" font-size="10" fill="#666">${escapeMarkup(note)}</text>`,
    '</svg>\n',
  ].join('\n');
}

/** Five to ten round numbers from 0 to just beyond a value; to 1 for the value 0. */
export function ticksTo(value: number): readonly number[] {
  const largest = value > 0 ? value : 1;
  const power = 10 ** Math.floor(Math.log10(largest / 4));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((one) => largest / one <= 8)!;
  const count = Math.max(Math.ceil(largest / step - 1e-9), 1);
  // Sums of steps like 0.1 are not round numbers.
  return Array.from({ length: count + 1 }, (_, i) => Number((i * step).toPrecision(12)));
}

/** Moves labels apart vertically where they would overlap, keeping their order. */
function spreadOut(heights: readonly number[], apart = 16): readonly number[] {
  const moved = [...heights];
  let last = Number.NEGATIVE_INFINITY;
  for (const i of heights.map((_, index) => index).sort((a, b) => heights[a]! - heights[b]!)) {
    moved[i] = Math.max(moved[i]!, last + apart);
    last = moved[i]!;
  }
  return moved;
}

const at = (value: number) => Math.round(value * 10) / 10;
