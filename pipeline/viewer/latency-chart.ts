import uPlot from 'uplot';
import type { Percentiles } from '../client/percentiles.js';

const KEPT_SECONDS = 120;

/** A chart of p50, p95 and p99 over two minutes, with a point per second. */
export class LatencyChart {
  readonly #box: HTMLElement;
  #plot: uPlot | undefined;
  readonly #series: Record<keyof Percentiles, (number | null)[]> = { p50: [], p95: [], p99: [] };

  constructor(box: HTMLElement) {
    this.#box = box;
    this.#make();
    new ResizeObserver(() => this.#plot?.setSize(this.#size())).observe(box);
    // Colours are only read when the plot is created.
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.restyle());
  }

  /** Adds a point, or a gap without values. */
  add(ageMs: Percentiles | undefined): void {
    for (const [name, values] of Object.entries(this.#series)) values.push(ageMs?.[name as keyof Percentiles] ?? null);
    for (const values of Object.values(this.#series)) if (values.length > KEPT_SECONDS) values.shift();
    this.#plot?.setData(this.#data());
  }

  /** Removes all points. */
  clear(): void {
    for (const values of Object.values(this.#series)) values.length = 0;
    this.#plot?.setData(this.#data());
  }

  /** Applies the page's current colours. */
  restyle(): void {
    this.#plot?.destroy();
    this.#make();
  }

  #make(): void {
    const style = getComputedStyle(document.documentElement);
    const colour = (name: string): string => style.getPropertyValue(name).trim();
    const axis: uPlot.Axis = {
      stroke: colour('--soft'),
      grid: { stroke: colour('--line'), width: 1 },
      ticks: { show: false },
      font: '12px system-ui, sans-serif',
    };
    this.#plot = new uPlot(
      {
        ...this.#size(),
        legend: { show: false },
        cursor: { show: false },
        scales: {
          x: { time: false, range: [-KEPT_SECONDS, 0] },
          y: { range: (_plot, _least, most) => [0, Math.max(50, (most ?? 0) * 1.15)] },
        },
        axes: [
          {
            ...axis,
            size: 26,
            values: (_plot, splits) => splits.map((seconds) => (seconds === 0 ? 'now' : `${seconds} s`)),
            space: 80,
          },
          { ...axis, size: 56, values: (_plot, splits) => splits.map((ms) => `${ms} ms`) },
        ],
        series: [
          {},
          { label: 'p50', stroke: colour('--live'), width: 2, points: { show: false } },
          { label: 'p95', stroke: colour('--stale'), width: 2, dash: [6, 3], points: { show: false } },
          { label: 'p99', stroke: colour('--offline'), width: 1.5, dash: [2, 3], points: { show: false } },
        ],
      },
      this.#data(),
      this.#box,
    );
  }

  #data(): uPlot.AlignedData {
    const { p50, p95, p99 } = this.#series;
    // The axis shows seconds ago rather than times of day, since the reader wants to know how long ago something was.
    return [p50.map((_, index) => index + 1 - p50.length), p50, p95, p99];
  }

  #size(): { width: number; height: number } {
    return { width: Math.max(this.#box.clientWidth, 120), height: this.#box.clientHeight || 150 };
  }
}
