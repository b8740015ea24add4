import type { LiveFrame } from '../client/live-event.js';
import type { StreamStats } from '../client/protocol.js';
import { element } from './element.js';
import { LatencyChart } from './latency-chart.js';
import { LatencyMeter } from './latency-meter.js';

/** The figures of the stream that is looked at: this page's own, and those that the server tells. */
export class FiguresPanel {
  readonly #meter = new LatencyMeter();
  readonly #chart = new LatencyChart(element('chart'));

  /** Counts a frame as drawn now. */
  drawn(frame: LiveFrame): void {
    this.#meter.drawn(performance.now(), frame.ageMs(), frame.skipped);
  }

  /** Once a second: shows this page's own figures. */
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

  /** Takes the server's figures away, while nobody tells what they are now. */
  clearServer(): void {
    for (const id of ['segmented-fps', 'decoded-fps', 'dropped']) element(id).textContent = '–';
    element('dropped').title = '';
    element('advice').hidden = true;
  }

  /** Forgets all, for another stream. */
  clear(): void {
    this.#meter.clear();
    this.#chart.clear();
    this.clearServer();
  }

  /** Takes on the page's colours of now. */
  restyle(): void {
    this.#chart.restyle();
  }
}
