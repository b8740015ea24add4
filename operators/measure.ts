import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import { type MonoTypeOperatorFunction, tap } from 'rxjs';
import type { Frame, SegmentedFrame } from './frame.js';
import { frameNow } from './frame.js';

/** The distribution of a duration over all frames, ms. */
export interface Timing {
  readonly count: number;
  readonly mean: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** The measurements that a meter has collected from a route. */
export interface Measurement {
  readonly frames: number;
  /** How many of them carried an earlier frame's mask. */
  readonly carried: number;
  /** From the first frame to the last, seconds. */
  readonly seconds: number;
  /** Frames per second between the first and the last; 0 for fewer than two. */
  readonly fps: number;
  /** Timings by step, in the order in which the steps run. */
  readonly steps: Readonly<Record<string, Timing>>;
  /** From the arrival of a frame's last byte from ffmpeg until it was measured. */
  readonly age: Timing;
}

/** The part of a frame that a meter reads. */
export type Timed = Pick<Frame, 'arrivedAt' | 'stepTimes'> & Partial<Pick<SegmentedFrame, 'carried'>>;

/** Collects the times of frames. */
export interface Meter {
  /** Adds one frame's step times, its age and whether its mask was carried. */
  add(frame: Timed): void;
  /** Returns what was collected so far. */
  read(): Measurement;
}

/** Makes an empty meter. Its memory is constant: histograms of three digits. */
export function createMeter(): Meter {
  const steps = new Map<string, RecordableHistogram>();
  const age = createHistogram();
  let frames = 0;
  let carried = 0;
  let firstAt = 0;
  let lastAt = 0;
  return {
    add(frame) {
      lastAt = frameNow();
      if (frames === 0) firstAt = lastAt;
      frames += 1;
      if (frame.carried) carried += 1;
      record(age, lastAt - frame.arrivedAt);
      for (const [step, tookMs] of Object.entries(frame.stepTimes)) {
        let histogram = steps.get(step);
        if (!histogram) {
          histogram = createHistogram();
          steps.set(step, histogram);
        }
        record(histogram, tookMs);
      }
    },
    read() {
      const seconds = (lastAt - firstAt) / 1000;
      const timings = [...steps].map(([step, histogram]) => [step, timingOf(histogram)] as const);
      const fps = frames > 1 && seconds > 0 ? (frames - 1) / seconds : 0;
      return { frames, carried, seconds, fps, steps: Object.fromEntries(timings), age: timingOf(age) };
    },
  };
}

/** Adds each frame's times to a meter, and passes the frame on unchanged. Put it last. */
export function measure<T extends Timed>(meter: Meter): MonoTypeOperatorFunction<T> {
  return tap((frame) => meter.add(frame));
}

/** Histograms hold whole numbers from 1: microseconds. */
function record(histogram: RecordableHistogram, ms: number): void {
  histogram.record(Math.max(1, Math.round(ms * 1000)));
}

function timingOf(histogram: RecordableHistogram): Timing {
  const { count } = histogram;
  if (count === 0) return { count: 0, mean: 0, p50: 0, p95: 0, p99: 0, max: 0 };
  // Node would round the rank to the nearest one.
  const percentile = (percent: number) => histogram.percentile((rankOf(percent, count) / count) * 100) / 1000;
  return {
    count,
    mean: histogram.mean / 1000,
    p50: percentile(50),
    p95: percentile(95),
    p99: percentile(99),
    max: histogram.max / 1000,
  };
}

/** The rank, from 1, of the least of `count` values that at least `percent` per cent of them do not exceed. */
function rankOf(percent: number, count: number): number {
  return Math.max(1, Math.ceil((percent * count) / 100));
}
