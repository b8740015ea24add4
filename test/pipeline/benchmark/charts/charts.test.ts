import t from 'tap';
import { renderBarChart } from '../../../../pipeline/benchmark/charts/bar-chart.js';
import { renderLineChart, ticksTo } from '../../../../pipeline/benchmark/charts/line-chart.js';

t.test('ticks are round numbers from 0 to beyond the largest value', async (t) => {
  t.same(ticksTo(10), [0, 2, 4, 6, 8, 10]);
  t.same(ticksTo(0.31), [0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35]);
  for (const largest of [0.007, 1, 3.3, 99, 172.8, 12345]) {
    const ticks = ticksTo(largest);
    t.ok(ticks.at(-1)! >= largest && ticks.length >= 4 && ticks.length <= 10, `${largest}: ${ticks}`);
  }
});

t.test('a line chart has a line a series, a mark a point, and text that is escaped', async (t) => {
  const svg = renderLineChart({
    title: 'a < b',
    xLabel: 'x',
    yLabel: 'y',
    note: 'R&D',
    series: [
      {
        name: 'one',
        points: [
          [0, 1],
          [1, 2],
        ],
      },
      {
        name: 'two',
        points: [
          [0, 1],
          [1, 2],
        ],
      },
    ],
  });
  t.equal(svg.match(/<circle/g)!.length, 4);
  t.match(svg, '<title>a &lt; b</title>');
  t.match(svg, 'R&amp;D');
  t.notMatch(svg, /NaN|undefined|Infinity/);
  const labels = [...svg.matchAll(/<text x="\d+" y="([\d.]+)">(?:one|two)</g)].map(([, y]) => Number(y));
  t.ok(Math.abs(labels[0]! - labels[1]!) >= 16, 'labels of lines that end alike do not overlap');
});

t.test('a chart of one point or none is one all the same', async (t) => {
  for (const points of [[], [[5, 0]]] as const) {
    const chart = { title: '', xLabel: '', yLabel: '', note: '', series: [{ name: 'a', points }] };
    t.notMatch(renderLineChart(chart), /NaN|undefined|Infinity/);
  }
});

t.test('a bar chart has a bar for each contestant, ours in a colour', async (t) => {
  const bars = [
    { name: 'onnx', value: 10, isOurs: true },
    { name: 'other', value: 20, isOurs: false },
  ];
  const svg = renderBarChart({ title: 'Engines', unit: 'ms', note: '', groups: [{ name: 'enet', bars }] });
  const lengths = [...svg.matchAll(/width="([\d.]+)" height="14"/g)].map(([, length]) => Number(length));
  t.equal(lengths[1]! / lengths[0]!, 2);
  t.equal(svg.match(/#0072b2/g)!.length, 1);
});

t.test('a line chart is as wide as its longest name wants', async (t) => {
  const widthOf = (name: string) => {
    const point = [0, 1] as const;
    const svg = renderLineChart({ title: '', xLabel: '', yLabel: '', note: '', series: [{ name, points: [point] }] });
    return Number(/viewBox="0 0 (\d+)/.exec(svg)![1]);
  };
  t.equal(widthOf('enet'), 640);
  t.ok(widthOf('segnet-basic-single-channel-decoder') > 700);
});
