import type { LiveFrame } from '../client/live-event.js';
import type { StreamStats } from '../client/protocol.js';
import { element } from './element.js';
import { LatencyChart } from './latency-chart.js';
import { LatencyMeter } from './latency-meter.js';

/** The statistics of the watched stream: those of this page and those of the server. */
export class FiguresPanel {
  readonly #meter = new LatencyMeter();
  readonly #chart = new LatencyChart(element('chart'));

  /** Counts a frame that was just drawn. */
  drawn(frame: LiveFrame): void {
    this.#meter.drawn(performance.now(), frame.ageMs(), frame.skipped);
  }

  /** Once a second: shows the page's own statistics. */
  tick(): void {
    const now = performance.now();
    const { fps, ageMs } = this.#meter.read(now, 5000);
    for (const name of ['p50', 'p95', 'p99'] as const)
      element(name).textContent = ageMs ? `${Math.round(ageMs[name])} ms` : '–';
    element('drawn-fps').textContent = `${fps.toFixed(1)} fps`;
    element('skipped').textContent = String(this.#meter.skipped);
    this.#chart.add(this.#meter.read(now, 1000).ageMs);
  }

  showServer(stats: Omit<StreamStats, 'stream'>): void {
    element('segmented-fps').textContent = `${stats.fps.segmented.toFixed(1)} fps`;
    element('decoded-fps').textContent = `${stats.fps.decoded.toFixed(1)} fps`;
    const dropped = element('dropped');
    dropped.textContent = String(Object.values(stats.dropped).reduce((sum, count) => sum + count, 0));
    dropped.title = Object.entries(stats.dropped)
      .map(([cause, count]) => `${cause}: ${count}`)
      .join(', ');
    const advice = element('advice');
    advice.hidden = stats.advice === undefined;
    if (advice.textContent !== (stats.advice ?? '')) advice.textContent = stats.advice ?? '';
  }

  /** Removes the server's statistics while they are unknown. */
  clearServer(): void {
    for (const id of ['segmented-fps', 'decoded-fps', 'dropped']) element(id).textContent = '–';
    element('dropped').title = '';
    element('advice').hidden = true;
  }

  /** Resets everything, for another stream. */
  clear(): void {
    this.#meter.clear();
    this.#chart.clear();
    for (const id of ['p50', 'p95', 'p99', 'drawn-fps', 'skipped']) element(id).textContent = '–';
    this.clearServer();
  }

  /** Applies the page's current colours. */
  restyle(): void {
    this.#chart.restyle();
  }
}
