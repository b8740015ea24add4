import { textTable } from '../../text-table.js';
import type { BarChart } from '../charts/bar-chart.js';
import { fixed, megabytes, ms } from '../figures.js';
import { renderMachine } from '../machine.js';
import { peersAdvice } from '../peers.js';
import type { EnginesResult } from './engines.js';

/** Renders the result of `benchmark engines` for people to read. */
export function renderEngines({ machine, size, threads, weights, rows }: EnginesResult): string {
  const timed = rows.flatMap((row) => ('refused' in row ? [] : [row]));
  const table = timed.map((row) => {
    const first = timed.find(({ network, batch }) => network === row.network && batch === row.batch)!;
    const { median, p95, least } = row.frameMs;
    return [
      row.network,
      row.contestant,
      row.precision,
      String(row.batch),
      ms(median),
      ms(p95),
      ms(least),
      fixed(median / first.frameMs.median),
      ms(row.cpuMsPerFrame),
      megabytes(row.peakBytes),
      (100 * row.agreement).toFixed(2),
    ];
  });
  const head = ['network', 'engine', 'precision', 'batch', 'ms', 'p95', 'least', 'of first', 'CPU ms', 'MB', 'same %'];
  const refused = rows.flatMap((row) =>
    'refused' in row ? [`${row.network}, ${row.contestant} ${row.precision}: ${row.refused}`] : [],
  );
  const random = Object.keys(weights).filter((network) => weights[network] === 'random');
  return [
    renderMachine(machine),
    `${size.width}x${size.height}, ${threads} threads each; ms a frame, batches in turns`,
    ...(random.length > 0 ? [`Random weights: ${random.join(', ')}`] : []),
    '',
    textTable([head, ...table]),
    ...(refused.length > 0 ? ['', 'Not timed:', ...refused] : []),
    ...(rows.some(({ isPeer }) => isPeer) ? [] : ['', `No peers: ${peersAdvice}`]),
  ].join('\n');
}

/** A bar chart of the medians of `benchmark engines`. */
export function engineChart({ machine, size, rows }: EnginesResult): BarChart {
  const names = [...new Set(rows.map(({ network, batch }) => `${network}, batch ${batch}`))];
  return {
    title: `Engines at ${size.width}x${size.height}`,
    unit: 'ms a frame, median (less is better); each network on a scale of its own',
    groups: names.flatMap((name) => {
      const bars = rows.flatMap((row) =>
        'refused' in row || `${row.network}, batch ${row.batch}` !== name
          ? []
          : [{ name: `${row.contestant} ${row.precision}`, value: row.frameMs.median, isOurs: !row.isPeer }],
      );
      return bars.length > 0 ? [{ name, bars }] : [];
    }),
    note: `segnet-stream benchmark engines; ${machine.cores} x ${machine.processor}, Node ${machine.node}`,
  };
}
