import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import type { StepTimes } from '../../operators/frame.js';
import { type Percentiles, round } from './summary.js';

/** Keeps how long each step took, in memory that does not grow with the number of frames. */
export interface StepTimer {
  add(times: StepTimes): void;
  /** By step, in the order in which they ran. */
  percentiles(): Readonly<Record<string, Percentiles>>;
}

/** Makes a timer that has seen nothing. */
export function createStepTimer(): StepTimer {
  const steps = new Map<string, RecordableHistogram>();
  return {
    add(times) {
      for (const [step, ms] of Object.entries(times)) {
        const histogram = steps.get(step) ?? createHistogram();
        steps.set(step, histogram);
        // Histograms hold whole numbers from 1 on: microseconds.
        histogram.record(Math.max(Math.round(ms * 1000), 1));
      }
    },
    percentiles() {
      const ms = (histogram: RecordableHistogram, percent: number) => round(histogram.percentile(percent) / 1000);
      return Object.fromEntries(
        [...steps].map(([step, times]) => [step, { p50: ms(times, 50), p95: ms(times, 95), p99: ms(times, 99) }]),
      );
    },
  };
}
